// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/audit/auditlog.h"

#include "common/base/ids.h"
#include "common/config/settings.h"
#include "common/logging/categories.h"
#include "common/logging/logger.h"

#include <QtCore/QFileInfo>

using namespace Qt::StringLiterals;

namespace bridge::audit {

namespace {

void log(const AuditEvent &event)
{
    logging::Fields fields{{u"event"_s, kindName(event.kind)}};
    if (event.success)
        fields.append({u"success"_s, *event.success});
    const auto add = [&](const QString &name, const QString &value) {
        if (!value.isEmpty())
            fields.append({name, value.left(256)});
    };
    add(u"user"_s, event.owner.isEmpty() ? QString() : fingerprint(event.owner));
    add(u"strategy"_s, event.strategy);
    add(u"action"_s, event.action);
    add(u"target"_s, event.target);
    add(u"reason"_s, event.reason);
    add(u"session"_s, event.session);
    add(u"address"_s, event.address);
    add(u"user_agent"_s, event.userAgent);
    add(u"request_id"_s, event.requestId);
    if (event.durationMs >= 0)
        fields.append({u"duration_ms"_s, event.durationMs});
    if (event.repeated > 0)
        fields.append({u"repeated"_s, event.repeated});
    logging::event(logging::lcAudit(), logging::Level::Info, u"Audit", fields);
}

} // namespace

Result<AuditOptions> auditOptions(const config::Settings &settings)
{
    AuditOptions options;
    const QString to = settings.text(u"AUDIT_LOG"_s).trimmed();
    const QString word = to.toLower();
    options.key = settings.text(u"AUDIT_KEY"_s).trimmed().toUtf8();
    options.toolCalls = settings.boolean(u"AUDIT_TOOL_CALLS"_s);
    if (word.isEmpty() || word == "false"_L1 || word == "off"_L1)
        return options;
    if (word == "log"_L1 || word == "true"_L1 || word == "on"_L1) {
        options.to = AuditOptions::To::Log;
        return options;
    }
    options.to = AuditOptions::To::File;
    options.file = QFileInfo(to).absoluteFilePath();
    if (!options.key.isEmpty() && options.key.size() < 16) {
        Error error(ErrorCode::InvalidConfig, u"The settings of the audit log are wrong."_s);
        error.problems.append({u"AUDIT_KEY"_s, u"must have at least 16 characters."_s});
        return error;
    }
    return options;
}

Result<std::unique_ptr<AuditLog>> AuditLog::open(const AuditOptions &options)
{
    std::unique_ptr<AuditFile> file;
    if (options.to == AuditOptions::To::File) {
        auto opened = AuditFile::open(options.file, options.key);
        if (!opened)
            return opened.error();
        file = std::move(*opened);
    }
    return std::unique_ptr<AuditLog>(new AuditLog(options, std::move(file)));
}

AuditLog::AuditLog(AuditOptions options, std::unique_ptr<AuditFile> file)
    : m_options(std::move(options))
    , m_file(std::move(file))
{
    if (m_file)
        m_thread.emplace("audit");
}

AuditLog::~AuditLog() = default;

void AuditLog::write(AuditEvent event)
{
    if (m_options.to == AuditOptions::To::Log)
        log(event);
    if (!m_thread)
        return;
    if (m_pending.load(std::memory_order_relaxed) >= m_options.maxPending) {
        ++m_lost;
        return;
    }
    m_pending.fetch_add(1, std::memory_order_relaxed);
    m_thread->post([this, event = std::move(event), lost = std::exchange(m_lost, 0),
                    time = QDateTime::currentDateTimeUtc()] {
        if (!m_file->write(event, lost, time))
            qCCritical(logging::lcAudit) << "An event could not be written to AUDIT_LOG. "
                                            "Is the disk full?";
        m_pending.fetch_sub(1, std::memory_order_relaxed);
    });
}

void AuditLog::reopen()
{
    if (!m_thread)
        return;
    m_thread->post([this] {
        if (const auto opened = m_file->reopen(); !opened)
            qCCritical(logging::lcAudit).noquote() << opened.error().message;
    });
}

} // namespace bridge::audit
