// SPDX-License-Identifier: GPL-3.0-or-later
// The part of Compiler that follows references.
#include "common/json/compiler.h"
#include "common/json/pointer.h"

using namespace Qt::StringLiterals;

namespace bridge::json {

void Compiler::refer(int spot, int node, const QString &target, bool dynamic)
{
    m_references.push_back({spot, node, target, dynamic});
}

void Compiler::resolve(const Reference &reference)
{
    const QString &target = reference.target;
    const qsizetype hash = target.indexOf(u'#');
    const QString uri = hash < 0 ? target : target.first(hash);
    const QString fragment =
        hash < 0 ? QString() : QUrl::fromPercentEncoding(target.sliced(hash + 1).toUtf8());
    const int resource = findResource(reference, uri);
    const int spot = failed() ? -1 : findSpot(reference, resource, fragment);
    const int found = spot < 0 ? kNoNode : compile(spot, 0);
    if (failed())
        return;
    LogicRules &logic = *m_program->nodes[size_t(reference.node)].logic;
    if (!reference.dynamic) {
        logic.ref = found;
        return;
    }
    logic.dynamicRef = found;
    // Only a target that is itself a dynamic anchor makes the reference look at its callers.
    if (resourceOf(spot).dynamicAnchors.value(fragment, kNoNode) == found)
        logic.dynamicName = fragment;
}

int Compiler::findResource(const Reference &reference, const QString &uri)
{
    const Resource &own = resourceOf(reference.spot);
    if (uri.isEmpty())
        return m_spots[size_t(reference.spot)].resource;
    const QUrl url = own.base.resolved(QUrl(uri)).adjusted(QUrl::RemoveFragment);
    const auto known = m_byUri.constFind(url.toString(QUrl::FullyEncoded));
    if (known != m_byUri.cend())
        return *known;
    if (m_documents >= m_options.maxDocuments) {
        fail(reference.spot,
             u"references lead to more than %1 documents"_s.arg(m_options.maxDocuments));
        return -1;
    }
    const std::optional<QJsonValue> document = fetch(url);
    if (document)
        return addDocument(url, *document, Vocabulary(own.vocabulary));
    fail(reference.spot,
         u"the reference \"%1\" leads out of the document, which is not followed"_s.arg(
             reference.target.left(200)));
    return -1;
}

int Compiler::findSpot(const Reference &reference, int resource, const QString &fragment)
{
    int spot = m_resources[size_t(resource)].spot;
    if (!fragment.isEmpty() && !fragment.startsWith(u'/')) {
        spot = m_resources[size_t(resource)].anchors.value(fragment, -1);
    } else {
        const QStringList tokens = pointerTokens(fragment).value_or(QStringList(u"~"_s));
        if (tokens.size() > 4 * m_options.maxDepth) // keeps Spots bounded by what was sent
            spot = -1;
        for (qsizetype i = 0; i < tokens.size() && spot >= 0; ++i) {
            spot = spotBelow(spot, tokens.at(i));
            if (m_spots[size_t(spot)].value.isUndefined())
                spot = -1;
        }
    }
    if (spot < 0) {
        fail(reference.spot,
             u"the reference \"%1\" leads nowhere"_s.arg(reference.target.left(200)));
    }
    return spot;
}

std::vector<int> Compiler::nodesInPlace(int node) const
{
    std::vector<int> all;
    const Node &rules = m_program->nodes[size_t(node)];
    if (rules.logic) {
        const LogicRules &logic = *rules.logic;
        all = {logic.ref, logic.negated, logic.condition, logic.thenNode, logic.elseNode};
        for (const auto *list : {&logic.allOf, &logic.anyOf, &logic.oneOf})
            all.insert(all.end(), list->begin(), list->end());
    }
    if (rules.object) {
        for (const auto &[name, dependent] : rules.object->dependentSchemas)
            all.push_back(dependent);
    }
    std::erase(all, kNoNode);
    return all;
}

/// A schema that leads to itself without going into the value would never come to an end.
void Compiler::refuseCircles()
{
    enum Colour : char { New, Open, Done };
    std::vector<char> colour(m_program->nodes.size(), New);
    std::vector<std::pair<int, std::vector<int>>> path; // node and what is left to visit below it
    for (int start = 0; start < int(colour.size()); ++start) {
        if (colour[size_t(start)] != New)
            continue;
        colour[size_t(start)] = Open;
        path.emplace_back(start, nodesInPlace(start));
        while (!path.empty()) {
            auto &[node, left] = path.back();
            if (left.empty()) {
                colour[size_t(node)] = Done;
                path.pop_back();
                continue;
            }
            const int next = left.back();
            left.pop_back();
            if (colour[size_t(next)] == Open)
                return fail(0, u"a reference leads to itself without going into the value"_s);
            if (colour[size_t(next)] == New) {
                colour[size_t(next)] = Open;
                path.emplace_back(next, nodesInPlace(next));
            }
        }
    }
}

} // namespace bridge::json
