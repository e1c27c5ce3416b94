// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/config/settings.h"
#include "common/logging/logger.h"
#include "server/audit/auditlog.h"

#include <QtCore/QJsonDocument>
#include <QtTest/QtTest>

using namespace bridge;
using namespace bridge::audit;
using namespace Qt::StringLiterals;

class tst_AuditLog : public QObject
{
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;
    AuditOptions m_options;

    std::unique_ptr<AuditLog> opened() const { return std::move(*AuditLog::open(m_options)); }
    QString whyNot() const
    {
        const auto log = AuditLog::open(m_options);
        return log.ok() ? QString() : log.error().message;
    }
    static AuditEvent eventOf(const QString &action)
    {
        AuditEvent event;
        event.action = action;
        return event;
    }
    static QByteArray contentOf(const QString &path)
    {
        QFile file(path);
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }
    static bool put(const QString &path, const QByteArray &bytes)
    {
        QFile file(path);
        return file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size();
    }
    /// Lines of \a files in order when they are one chain.
    QList<QJsonObject> checked(const QStringList &files) const
    {
        ChainCheck check(m_options.key);
        QList<QJsonObject> objects;
        for (const QString &file : files) {
            for (const QByteArray &line : contentOf(file).split('\n')) {
                if (line.isEmpty())
                    continue;
                const QString problem = check.next(line);
                if (!problem.isEmpty()) {
                    qWarning() << problem;
                    return {};
                }
                objects.append(QJsonDocument::fromJson(line).object());
            }
        }
        return objects;
    }

private Q_SLOTS:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        m_options = {AuditOptions::To::File, m_folder->filePath(u"audit.log"_s), {}, 10'000};
    }

    void eventsAreOnDiskInOrderWhenTheLogIsGone()
    {
        {
            const auto log = opened();
            for (int i = 0; i < 500; ++i)
                log->write(eventOf(QString::number(i)));
        }
        const auto lines = checked({m_options.file});
        QCOMPARE(lines.size(), 500);
        QCOMPARE(lines.last()["action"_L1].toString(), u"499"_s);
        QCOMPARE(QFileInfo(m_options.file).permissions()
                     & (QFile::ReadGroup | QFile::ReadOther | QFile::WriteOther),
                 QFile::Permissions());
    }

    void theChainGoesOnAfterARestart()
    {
        m_options.key = "0123456789abcdef";
        opened()->write(eventOf(u"one"_s));
        opened()->write(eventOf(u"two"_s));
        const auto lines = checked({m_options.file});
        QCOMPARE(lines.size(), 2);
        QCOMPARE(lines.last()["seq"_L1].toInt(), 2);
    }

    void theChainGoesOnInANewFile()
    {
        const QString old = m_options.file + u".1"_s;
        {
            const auto log = opened();
            log->write(eventOf(u"one"_s));
            QTRY_VERIFY(!contentOf(m_options.file).isEmpty());
            QVERIFY(QFile::rename(m_options.file, old));
            log->write(eventOf(u"two"_s)); // still goes to the old one
            log->reopen();
            log->write(eventOf(u"three"_s));
        }
        QCOMPARE(checked({old}).size(), 2);
        QCOMPARE(checked({old, m_options.file}).size(), 3);
        QVERIFY(checked({m_options.file, old}).isEmpty());
    }

    void theChainGoesOnWhenTheFileWasRenamedWhileNobodyWrote()
    {
        opened()->write(eventOf(u"one"_s));
        const QString first = m_options.file + u".1"_s;
        QVERIFY(QFile::rename(m_options.file, first));
        QVERIFY(put(m_options.file + u".2.gz"_s, "compressed"));
        opened()->write(eventOf(u"two"_s));
        QCOMPARE(checked({first, m_options.file}).size(), 2);
        // Of several the newest is the one before.
        const QString second = m_options.file + u"-20261122"_s;
        QVERIFY(QFile::rename(m_options.file, second));
        QFile old(first);
        QVERIFY(old.open(QIODevice::ReadWrite));
        QVERIFY(old.setFileTime(QDateTime::currentDateTime().addDays(-1),
                                QFileDevice::FileModificationTime));
        opened()->write(eventOf(u"three"_s));
        QCOMPARE(checked({first, second, m_options.file}).size(), 3);
    }

    void aFileOfAnotherLogIsNotTheOneBefore()
    {
        opened()->write(eventOf(u"one"_s));
        QVERIFY(QFile::rename(m_options.file, m_folder->filePath(u"audit.logs"_s)));
        opened()->write(eventOf(u"two"_s));
        QCOMPARE(checked({m_options.file}).first()["seq"_L1].toInt(), 1);
    }

    void halfALineIsCutAndToldOf()
    {
        opened()->write(eventOf(u"one"_s));
        const QByteArray whole = contentOf(m_options.file);
        QVERIFY(put(m_options.file, whole + whole.first(40)));
        opened()->write(eventOf(u"two"_s));
        const auto lines = checked({m_options.file});
        QCOMPARE(lines.size(), 2);
        QCOMPARE(lines.last()["torn"_L1].toInt(), 40);
    }

    void halfAFirstLineIsCutAsWell()
    {
        QVERIFY(put(m_options.file, "{\"time\":\"2026"));
        opened()->write(eventOf(u"one"_s));
        QCOMPARE(checked({m_options.file}).size(), 1);
    }

    void aFileOfSomebodyElseIsLeftAlone()
    {
        for (const QByteArray &text : {"my diary\n"_ba, "my diary"_ba, "{\"a\":1}\n"_ba}) {
            QVERIFY(put(m_options.file, text));
            QVERIFY(whyNot().contains(u"no audit log"));
            QCOMPARE(contentOf(m_options.file), text);
        }
    }

    void oneFileIsForOneProcess()
    {
        const auto log = opened();
        QVERIFY(whyNot().contains(u"another mcp-bridge"));
    }

    void whatCannotBeOpenedIsNamedBySetting()
    {
        m_options.file = m_folder->filePath(u"missing/audit.log"_s);
        QVERIFY(whyNot().startsWith(u"AUDIT_LOG "));
        QVERIFY(whyNot().contains(u"folder that does not exist"));
        QVERIFY(!whyNot().contains(m_folder->path()));
        m_options.file = m_folder->path();
        QVERIFY(whyNot().startsWith(u"AUDIT_LOG "));
    }

    void whatDoesNotFitIsCountedAndNeverWaitedFor()
    {
        m_options.maxPending = 5;
        {
            const auto log = opened();
            for (int i = 0; i < 10'000; ++i)
                log->write(eventOf(QString::number(i)));
            QTRY_VERIFY(contentOf(m_options.file).count('\n') >= 5);
            QTest::qWait(20); // the thread has nothing left to do
            log->write(eventOf(u"last"_s));
        }
        const auto lines = checked({m_options.file});
        qint64 lost = 0;
        for (const QJsonObject &line : lines)
            lost += line["lost"_L1].toInteger();
        QVERIFY(lost > 0);
        QCOMPARE(lines.size() + lost, 10'001);
        QCOMPARE(lines.last()["action"_L1].toString(), u"last"_s);
    }

    void aFileThatCannotBeOpenedIsSurvivedAndToldOf()
    {
        const QString real = m_options.file;
        {
            const auto log = opened();
            log->write(eventOf(u"one"_s));
            QTRY_VERIFY(!contentOf(real).isEmpty());
            const QString kept = real + u".kept"_s;
            QVERIFY(QFile::rename(real, kept));
            QVERIFY(QFile::link(m_folder->filePath(u"missing/there"_s), real));
            QTest::ignoreMessage(QtCriticalMsg, QRegularExpression(u"cannot be written"_s));
            QTest::ignoreMessage(QtCriticalMsg, QRegularExpression(u"could not be written"_s));
            log->reopen();
            log->write(eventOf(u"lost"_s));
            QTest::qWait(50);
            QVERIFY(QFile::remove(real));
            QVERIFY(QFile::rename(kept, real));
            log->reopen();
            log->write(eventOf(u"two"_s));
        }
        const auto lines = checked({real});
        QCOMPARE(lines.size(), 2);
        QCOMPARE(lines.last()["lost"_L1].toInt(), 1);
    }

    void offAndLogNeedNoFile()
    {
        m_options.to = AuditOptions::To::Nowhere;
        opened()->write(eventOf(u"x"_s));
        opened()->reopen();
        QVERIFY(!QFileInfo::exists(m_options.file));
        m_options.to = AuditOptions::To::Log;
        logging::LogOptions log;
        log.output = m_folder->filePath(u"bridge.log"_s);
        QVERIFY(logging::install(log).ok());
        opened()->write(eventOf(u"reload"_s));
        logging::uninstall();
        QVERIFY(contentOf(log.output).contains("refusal"));
        QVERIFY(contentOf(log.output).contains("reload"));
        QVERIFY(!QFileInfo::exists(m_options.file));
    }

    void settingsAreRead_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<int>("expected");
        QTest::newRow("empty") << QString() << int(AuditOptions::To::Nowhere);
        QTest::newRow("false") << u"False"_s << int(AuditOptions::To::Nowhere);
        QTest::newRow("log") << u"log"_s << int(AuditOptions::To::Log);
        QTest::newRow("true") << u"true"_s << int(AuditOptions::To::Log);
        QTest::newRow("file") << u"audit.jsonl"_s << int(AuditOptions::To::File);
    }
    void settingsAreRead()
    {
        QFETCH(QString, text);
        QFETCH(int, expected);
        config::Settings settings;
        settings.set(u"AUDIT_LOG"_s, text, config::Source::Environment);
        const auto options = auditOptions(settings);
        QVERIFY(options.ok());
        QCOMPARE(int(options->to), expected);
    }

    void aShortKeyIsRefused()
    {
        config::Settings settings;
        settings.set(u"AUDIT_LOG"_s, u"audit.log"_s, config::Source::Environment);
        settings.set(u"AUDIT_KEY"_s, u"short"_s, config::Source::Environment);
        const auto options = auditOptions(settings);
        QVERIFY(!options.ok());
        QCOMPARE(options.error().problems.value(0).path, u"AUDIT_KEY"_s);
    }
};

QTEST_GUILESS_MAIN(tst_AuditLog)
#include "tst_auditlog.moc"
