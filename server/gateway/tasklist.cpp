// SPDX-License-Identifier: GPL-3.0-or-later
// tasks/list of a legacy session: its own tasks at all servers, each as its server tells it now.
#include "common/json/writer.h"
#include "common/mcp/rawjson.h"
#include "server/gateway/taskforms.h"
#include "server/gateway/tasks.h"

using namespace Qt::StringLiterals;

namespace bridge::gateway {

namespace {

class Gathering : public std::enable_shared_from_this<Gathering>
{
public:
    Gathering(QList<HeldTaskPtr> tasks, Handler<QByteArray> handler)
        : m_tasks(std::move(tasks))
        , m_handler(std::move(handler))
        , m_left(m_tasks.size())
    {
    }

    void begin(std::chrono::milliseconds patience)
    {
        for (const HeldTaskPtr &task : std::as_const(m_tasks)) {
            mcp::CallOptions options;
            options.timeout = patience;
            const QByteArray params = mcp::compact({{"taskId"_L1, task->key}});
            m_calls.push_back(task->target.client().request(
                u"tasks/get"_s, params, options, [this, task](const Result<QByteArray> &told) {
                    if (told) {
                        task->task = *told;
                        task->isOver = isTerminal(taskStatus(*told));
                    }
                    if (--m_left == 0)
                        finish();
                }));
        }
        m_timer = m_left > 0 ? after(patience, [this] { finish(); }) : later([this] { finish(); });
    }

private:
    // Of one that did not answer in time the last that is known.
    void finish()
    {
        const auto self = shared_from_this();
        const auto handler = std::exchange(m_handler, nullptr);
        m_timer.cancel();
        if (!handler)
            return;
        QList<QByteArray> items;
        for (const HeldTaskPtr &task : std::as_const(m_tasks))
            items.append(withTaskId(withoutRelatedTask(task->task), task->id));
        handler(QByteArray("{\"tasks\":[" + items.join(',') + "]}"));
    }

    QList<HeldTaskPtr> m_tasks;
    Handler<QByteArray> m_handler;
    qsizetype m_left;
    std::vector<Call> m_calls;
    Call m_timer;
};

} // namespace

Task<Answer> listTasks(Core *core, Request request)
{
    if (request.message.paramsObject().contains("cursor"_L1))
        co_return Error(ErrorCode::InvalidArguments,
                        u"There are no further pages: the first one holds the whole list."_s);
    Result<QByteArray> list = co_await answer<QByteArray>([&](Handler<QByteArray> done) {
        const auto gathering =
            std::make_shared<Gathering>(core->tasks.of(request.state.get()), std::move(done));
        gathering->begin(core->options.listPatience);
        return Call([gathering] {});
    });
    if (!list)
        co_return list.error();
    co_return Answer{*list};
}

} // namespace bridge::gateway
