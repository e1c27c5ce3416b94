// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/config/filewatch.h"

#include <QtCore/QDir>
#include <QtCore/QFile>
#include <QtCore/QTemporaryDir>
#include <QtTest/QSignalSpy>
#include <QtTest/QTest>

#include <cstdio>
#ifdef Q_OS_UNIX
#include <sys/stat.h>
#endif

using namespace Qt::StringLiterals;
using bridge::config::FileWatch;

class TestFileWatch : public QObject
{
    Q_OBJECT
private:
    QString path(const QString &name) const { return m_folder->filePath(name); }
    static void write(const QString &path, const QByteArray &content)
    {
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(content);
    }
    static void move(const QString &from, const QString &to)
    {
        QCOMPARE(
            std::rename(QFile::encodeName(from).constData(), QFile::encodeName(to).constData()), 0);
    }

    std::unique_ptr<QTemporaryDir> m_folder;

private Q_SLOTS:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        QVERIFY(m_folder->isValid());
        write(path(u"file"_s), "one");
    }

    void tellsOfEachNewContentOnce()
    {
        FileWatch watch(path(u"file"_s));
        QVERIFY(watch.isWatching());
        QSignalSpy changed(&watch, &FileWatch::changed);
        write(path(u"file"_s), "two");
        QTRY_COMPARE(changed.size(), 1);
        write(path(u"file"_s), "three");
        QTRY_COMPARE(changed.size(), 2);
        QTest::qWait(2 * FileWatch::kDebounce.count());
        QCOMPARE(changed.size(), 2);
    }

    void followsAFileThatIsReplacedAgainAndAgain()
    {
        FileWatch watch(path(u"file"_s));
        QSignalSpy changed(&watch, &FileWatch::changed);
        for (int i = 0; i < 3; ++i) {
            write(path(u"new"_s), QByteArray::number(i));
            move(path(u"new"_s), path(u"file"_s));
            QTRY_COMPARE(changed.size(), i + 1);
        }
    }

    void waitsForAFileThatIsAway()
    {
        FileWatch watch(path(u"file"_s));
        QSignalSpy changed(&watch, &FileWatch::changed);
        QSignalSpy removed(&watch, &FileWatch::removed);
        QVERIFY(QFile::remove(path(u"file"_s)));
        QTRY_COMPARE(removed.size(), 1);
        write(path(u"other"_s), "x");
        QTest::qWait(2 * FileWatch::kDebounce.count());
        QCOMPARE(changed.size(), 0);
        QCOMPARE(removed.size(), 1);
        write(path(u"file"_s), "two");
        QTRY_COMPARE(changed.size(), 1);
        QVERIFY(QFile::remove(path(u"file"_s)));
        QTRY_COMPARE(removed.size(), 2);
        // The same content is news after there was none.
        write(path(u"file"_s), "two");
        QTRY_COMPARE(changed.size(), 2);
    }

    void findsAFileWhoseFolderWasAwayAsWell()
    {
        QVERIFY(QDir(m_folder->path()).mkdir(u"etc"_s));
        write(path(u"etc/file"_s), "one");
        FileWatch watch(path(u"etc/file"_s));
        QSignalSpy changed(&watch, &FileWatch::changed);
        QSignalSpy removed(&watch, &FileWatch::removed);
        QVERIFY(QDir(path(u"etc"_s)).removeRecursively());
        QTRY_COMPARE(removed.size(), 1);
        QVERIFY(QDir(m_folder->path()).mkdir(u"etc"_s));
        write(path(u"etc/file"_s), "one");
        QTRY_COMPARE(changed.size(), 1);
        write(path(u"etc/file"_s), "two");
        QTRY_COMPARE(changed.size(), 2);
    }

    void followsALinkAmongTheFolders()
    {
        for (const auto &version : {u"v1"_s, u"v2"_s, u"v3"_s}) {
            QVERIFY(QDir(m_folder->path()).mkdir(version));
            write(path(version + u"/config"_s), version.toUtf8());
        }
        QVERIFY(QFile::link(u"v1"_s, path(u"..data"_s)));
        QVERIFY(QFile::link(u"..data/config"_s, path(u"config"_s)));
        FileWatch watch(path(u"config"_s));
        QSignalSpy changed(&watch, &FileWatch::changed);
        int seen = 0;
        for (const auto &version : {u"v2"_s, u"v3"_s}) {
            QVERIFY(QFile::link(version, path(u"..new"_s)));
            move(path(u"..new"_s), path(u"..data"_s));
            ++seen;
            QTRY_COMPARE(changed.size(), seen);
        }
    }

#ifdef Q_OS_UNIX
    void keepsNobodyWaitingWhileItReads()
    {
        FileWatch watch(path(u"file"_s));
        QSignalSpy changed(&watch, &FileWatch::changed);
        // Who opens a pipe waits until somebody writes into it, as with a slow disk.
        const QByteArray pipe = QFile::encodeName(path(u"pipe"_s));
        QCOMPARE(mkfifo(pipe.constData(), 0600), 0);
        move(path(u"pipe"_s), path(u"file"_s));
        QTest::qWait(3 * FileWatch::kDebounce.count());
        QCOMPARE(changed.size(), 0);
        write(path(u"file"_s), "two"); // waits for the reader, which is there
        QTRY_COMPARE(changed.size(), 1);
    }
#endif

    void staysQuietWhenTheContentIsTheSame()
    {
        FileWatch watch(path(u"file"_s));
        QSignalSpy changed(&watch, &FileWatch::changed);
        write(path(u"file"_s), "one");
        write(path(u"other"_s), "x");
        QTest::qWait(3 * FileWatch::kDebounce.count());
        QCOMPARE(changed.size(), 0);
    }
};

QTEST_GUILESS_MAIN(TestFileWatch)
#include "tst_filewatch.moc"
