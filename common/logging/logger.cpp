// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/logging/logger.h"

#include "common/logging/format.h"
#include "common/logging/rules.h"
#include "common/logging/sink.h"

#include <QtCore/QDateTime>

#include <mutex>
#include <shared_mutex>

using namespace Qt::StringLiterals;

namespace bridge::logging {

namespace {

struct State {
    std::shared_mutex lock;
    std::shared_ptr<Sink> sink;
    Format format = Format::Text;
    QtMessageHandler previous = nullptr;
    bool installed = false;
};

State &state()
{
    static auto *instance = new State; // threads may log while the process ends
    return *instance;
}

/// Writing may itself cause a Qt warning, which must not come back here.
thread_local bool t_writing = false;

void write(const Entry &entry)
{
    if (t_writing)
        return;
    t_writing = true;
    std::shared_ptr<Sink> sink;
    Format format = Format::Text;
    {
        const std::shared_lock locked(state().lock);
        sink = state().sink;
        format = state().format;
    }
    if (sink)
        sink->write(format == Format::Json ? formatJson(entry) : formatText(entry));
    t_writing = false;
}

Level levelOf(QtMsgType type)
{
    switch (type) {
    case QtDebugMsg:
        return Level::Debug;
    case QtInfoMsg:
        return Level::Info;
    case QtWarningMsg:
        return Level::Warning;
    case QtCriticalMsg:
    case QtFatalMsg:
        break;
    }
    return Level::Error;
}

bool shows(const QLoggingCategory &category, Level level)
{
    static constexpr QtMsgType kTypes[] = {QtDebugMsg, QtInfoMsg, QtWarningMsg, QtCriticalMsg};
    return category.isEnabled(kTypes[int(level)]);
}

void handleMessage(QtMsgType type, const QMessageLogContext &context, const QString &message)
{
    const QString logger = QString::fromUtf8(context.category ? context.category : "default");
    write({QDateTime::currentMSecsSinceEpoch(), levelOf(type), logger, message, {}});
}

} // namespace

Result<Nothing> install(const LogOptions &options)
{
    const Result<QString> rules = filterRules(options.level, options.categories);
    if (!rules)
        return rules.error();
    Result<std::shared_ptr<Sink>> sink = Sink::open(options.output);
    if (!sink)
        return sink.error();
    {
        const std::scoped_lock locked(state().lock);
        state().sink = *sink;
        state().format = options.format;
    }
    QLoggingCategory::setFilterRules(*rules);
    const QtMessageHandler previous = qInstallMessageHandler(handleMessage);
    if (!state().installed)
        state().previous = previous;
    state().installed = true;
    return Nothing{};
}

void uninstall()
{
    if (!state().installed)
        return;
    qInstallMessageHandler(state().previous);
    QLoggingCategory::setFilterRules({});
    const std::scoped_lock locked(state().lock);
    state().sink.reset();
    state().installed = false;
}

void event(const QLoggingCategory &category, Level level, QStringView message, const Fields &fields)
{
    if (!shows(category, level))
        return;
    write({QDateTime::currentMSecsSinceEpoch(), level, QString::fromUtf8(category.categoryName()),
           message.toString(), fields});
}

} // namespace bridge::logging
