// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/gateway/viewconfig.h"

#include "common/config/suggest.h"

#include <QtCore/QJsonArray>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace bridge::gateway {

namespace {

constexpr qsizetype kLongestName = 64;

bool isViewName(const QString &name)
{
    const auto isPlain = [](QChar c) { return c.unicode() < 128 && c.isLetterOrNumber(); };
    return !name.isEmpty() && name.size() <= kLongestName && isPlain(name.front())
           && std::all_of(name.cbegin(), name.cend(), [&](QChar c) {
                  return isPlain(c) || c == u'.' || c == u'_' || c == u'-';
              });
}

/// Words people know from elsewhere.
QString otherWord(const QString &key)
{
    static const QMap<QString, QString> words{{u"include"_s, u"tools"_s},
                                              {u"includetools"_s, u"tools"_s},
                                              {u"allowedtools"_s, u"tools"_s},
                                              {u"enabledtools"_s, u"tools"_s},
                                              {u"exclude"_s, u"excludeTools"_s},
                                              {u"disabledtools"_s, u"excludeTools"_s},
                                              {u"mcpservers"_s, u"servers"_s},
                                              {u"server"_s, u"servers"_s},
                                              {u"resourcetemplates"_s, u"resources"_s}};
    return words.value(key.toLower());
}

class ViewReader
{
public:
    ViewReader(const QStringList &servers, QList<FieldProblem> &problems)
        : m_servers(servers)
        , m_problems(problems)
    {
    }

    View read(const QString &name, const QJsonValue &value)
    {
        View view;
        view.name = name;
        m_view = u"file: bridge.views.%1"_s.arg(name);
        if (!isViewName(name))
            problem(m_view, u"is no name for a view: use up to 64 letters, digits, \".\", \"_\" "
                            "and \"-\", and begin with a letter or digit."_s);
        if (!value.isObject()) {
            problem(m_view, u"must be an object with servers."_s);
            return view;
        }
        const QJsonObject object = value.toObject();
        checkKeys(m_view, object, {u"description"_s, u"servers"_s});
        const QJsonValue description = object["description"_L1];
        if (!description.isUndefined() && !description.isString())
            problem(m_view + u".description"_s, u"must be a text."_s);
        view.description = description.toString();
        readServers(object["servers"_L1], view);
        return view;
    }

private:
    void problem(const QString &place, const QString &message)
    {
        m_problems.append({place, message});
    }

    void checkKeys(const QString &place, const QJsonObject &object, const QStringList &known)
    {
        for (const QString &key : object.keys()) {
            if (known.contains(key) || key.startsWith(u'_') || key.startsWith("//"_L1))
                continue;
            QString meant = config::nearest(key, known);
            if (const QString word = otherWord(key); known.contains(word))
                meant = word;
            problem(place + u'.' + key,
                    meant.isEmpty() ? u"is no key here. There are %1."_s.arg(known.join(", "_L1))
                                    : u"is no key here. Did you mean %1?"_s.arg(meant));
        }
    }

    void readServers(const QJsonValue &value, View &view)
    {
        const QString place = m_view + u".servers"_s;
        if (value.isArray()) {
            const QJsonArray names = value.toArray();
            for (const QJsonValue &name : names) {
                if (!name.isString())
                    problem(place, u"must hold names of servers only."_s);
                else if (isServer(place, name.toString()))
                    view.servers.insert(name.toString(), {});
            }
        } else if (value.isObject()) {
            const QJsonObject entries = value.toObject();
            for (auto it = entries.begin(); it != entries.end(); ++it) {
                if (it.key().startsWith(u'_') || it.key().startsWith("//"_L1))
                    continue;
                const QString where = place + u'.' + it.key();
                if (isServer(where, it.key()))
                    view.servers.insert(it.key(), readRules(where, it.value()));
            }
        } else {
            return problem(place, u"must be an array of names of servers, or an object from the "
                                  "name of a server to what the view shows of it."_s);
        }
        const bool isEmpty =
            value.isArray() ? value.toArray().isEmpty() : value.toObject().isEmpty();
        if (isEmpty)
            problem(place, u"is empty, so the view would show nothing. Name a server."_s);
    }

    bool isServer(const QString &place, const QString &name)
    {
        if (m_servers.contains(name))
            return true;
        problem(place, u"names \"%1\", which is no server.%2 There are: %3."_s.arg(
                           name.left(kLongestName), config::didYouMean(name, m_servers),
                           m_servers.join(u", "_s)));
        return false;
    }

    ViewRules readRules(const QString &place, const QJsonValue &value)
    {
        ViewRules rules;
        if (!value.isObject()) {
            problem(place, u"must be an object with tools, excludeTools, prompts and resources, "
                           "each of which may be left out."_s);
            return rules;
        }
        const QJsonObject object = value.toObject();
        checkKeys(place, object, {u"tools"_s, u"excludeTools"_s, u"prompts"_s, u"resources"_s});
        rules.tools.shown = readGlobs(place + u".tools"_s, object["tools"_L1]);
        rules.prompts.shown = readGlobs(place + u".prompts"_s, object["prompts"_L1]);
        rules.resources.shown = readGlobs(place + u".resources"_s, object["resources"_L1]);
        if (const auto hidden =
                readGlobs(place + u".excludeTools"_s, object["excludeTools"_L1], false))
            rules.tools.hidden = *hidden;
        return rules;
    }

    /// An array of patterns or text with commas; true and false for everything and nothing.
    std::optional<config::GlobList> readGlobs(const QString &place, const QJsonValue &value,
                                              bool mayBeBoolean = true)
    {
        if (value.isUndefined() || (mayBeBoolean && value.isBool() && value.toBool()))
            return std::nullopt;
        if (mayBeBoolean && value.isBool())
            return config::GlobList();
        QStringList patterns;
        if (value.isString())
            patterns = value.toString().split(u',');
        const QJsonArray items = value.toArray();
        for (const QJsonValue &item : items) {
            if (!item.isString()) {
                problem(place, u"must be an array of texts."_s);
                return config::GlobList();
            }
            patterns.append(item.toString());
        }
        if (!value.isString() && !value.isArray()) {
            problem(place, mayBeBoolean ? u"must be an array of patterns, true or false."_s
                                        : u"must be an array of patterns."_s);
            return config::GlobList();
        }
        for (QString &pattern : patterns) {
            pattern = pattern.trimmed();
            if (pattern.isEmpty())
                problem(place, u"holds an empty pattern, which fits nothing. Take it out; \"*\" "
                               "fits everything."_s);
        }
        return config::GlobList::fromList(patterns);
    }

    const QStringList &m_servers;
    QList<FieldProblem> &m_problems;
    QString m_view;
};

} // namespace

Result<QList<View>> viewsFrom(const QJsonObject &views, const QStringList &servers)
{
    QList<View> read;
    QList<FieldProblem> problems;
    ViewReader reader(servers, problems);
    for (auto it = views.begin(); it != views.end(); ++it) {
        if (!it.key().startsWith(u'_') && !it.key().startsWith("//"_L1))
            read.append(reader.read(it.key(), it.value()));
    }
    if (problems.isEmpty())
        return read;
    Error error(ErrorCode::InvalidConfig, u"The views have problems."_s);
    error.problems = std::move(problems);
    return error;
}

} // namespace bridge::gateway
