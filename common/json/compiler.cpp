// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/json/compiler.h"
#include "common/json/keywordreader.h"
#include "common/json/metaschemas.h"
#include "common/json/pointer.h"

using namespace Qt::StringLiterals;

namespace bridge::json {
namespace {

/// Where a document without address lives, so that relative references have a base.
constexpr char kNowhere[] = "schema:///";

QString resourceKey(const QUrl &url)
{
    return url.adjusted(QUrl::RemoveFragment).toString(QUrl::FullyEncoded);
}

} // namespace

Compiler::Compiler(const SchemaOptions &options) : m_options(options)
{
}

Result<std::shared_ptr<const Program>> Compiler::run(const QJsonValue &schema)
{
    Vocabulary vocabulary;
    vocabulary.draft07 = m_options.dialect == Dialect::Draft07;
    vocabulary.assertFormat = m_options.assertFormat;
    addDocument(QUrl(QLatin1StringView(kNowhere)), schema, vocabulary);
    for (size_t i = 0; i < m_references.size() && !failed(); ++i) {
        const Reference reference = m_references[i]; // resolving may add more
        resolve(reference);
    }
    if (!failed())
        refuseCircles();
    if (failed())
        return *m_error;
    for (Resource &resource : m_resources)
        m_program->dynamicAnchors.push_back(std::move(resource.dynamicAnchors));
    return std::shared_ptr<const Program>(std::move(m_program));
}

void Compiler::fail(int spot, const QString &message)
{
    if (!failed()) {
        m_error =
            Error(ErrorCode::InvalidArguments,
                  u"The JSON schema cannot be used: at %1: %2."_s.arg(describe(spot), message));
    }
}

QString Compiler::describe(int spot) const
{
    QString pointer;
    for (int at = spot; m_spots[size_t(at)].parent >= 0; at = m_spots[size_t(at)].parent)
        pointer.prepend(u'/' % escapePointer(m_spots[size_t(at)].token.left(60)));
    if (pointer.size() > 200)
        pointer = pointer.left(200) % u'…';
    return '#'_L1 % pointer;
}

int Compiler::addDocument(const QUrl &url, const QJsonValue &root, const Vocabulary &vocabulary)
{
    const int spot = int(m_spots.size());
    const int resource = int(m_resources.size());
    m_spots.push_back({-1, QString(), root, resource});
    m_resources.push_back({url, spot, vocabulary, {}, {}});
    m_byUri.insert(resourceKey(url), resource);
    ++m_documents;
    compile(spot, 0);
    return resource;
}

int Compiler::spotBelow(int parent, const QString &token)
{
    const auto known = m_below.constFind({parent, token});
    if (known != m_below.cend())
        return *known;
    const int spot = int(m_spots.size());
    const QJsonValue value = pointerStep(m_spots[size_t(parent)].value, token);
    m_spots.push_back({parent, token, value, m_spots[size_t(parent)].resource});
    m_below.insert({parent, token}, spot);
    return spot;
}

int Compiler::compileBelow(int spot, const QString &keyword, int depth)
{
    return compile(spotBelow(spot, keyword), depth);
}

int Compiler::compileBelow(int spot, const QString &keyword, const QString &name, int depth)
{
    return compile(spotBelow(spotBelow(spot, keyword), name), depth);
}

int Compiler::compile(int spot, int depth)
{
    const QJsonValue schema = m_spots[size_t(spot)].value;
    if (failed() || m_spots[size_t(spot)].node != kNoNode)
        return m_spots[size_t(spot)].node;
    if (depth > m_options.maxDepth)
        fail(spot, u"schemas are nested deeper than %1"_s.arg(m_options.maxDepth));
    else if (m_program->nodes.size() >= size_t(m_options.maxNodes))
        fail(spot, u"there are more than %1 subschemas"_s.arg(m_options.maxNodes));
    else if (!schema.isBool() && !schema.isObject())
        fail(spot, u"a schema must be an object or a boolean"_s);
    if (failed())
        return kNoNode;

    const int id = int(m_program->nodes.size());
    m_program->nodes.emplace_back();
    m_spots[size_t(spot)].node = id;
    Node node;
    if (schema.isBool()) {
        node.kind = schema.toBool() ? Node::Kind::Anything : Node::Kind::NothingAtAll;
    } else {
        const QJsonObject object = schema.toObject();
        enter(spot, object);
        if (!failed())
            node = KeywordReader(*this, spot, id, object, depth).read();
    }
    node.resource = m_spots[size_t(spot)].resource;
    m_program->nodes[size_t(id)] = std::move(node);
    return id;
}

void Compiler::enter(int spot, const QJsonObject &schema)
{
    const bool isRoot = m_spots[size_t(spot)].parent < 0;
    const QJsonValue id = schema.value("$id"_L1);
    if (!id.isUndefined() && !id.isString())
        return fail(spot, u"\"$id\" must be a string"_s);
    const QString dialect = schema.value("$schema"_L1).toString();
    if (isRoot && !dialect.isEmpty())
        chooseDialect(spot, dialect);
    if (failed())
        return;
    // In draft-07 nothing beside `$ref` counts.
    const bool onlyRef = vocabulary(spot).draft07 && schema.contains("$ref"_L1);
    if (id.isString() && !onlyRef) {
        enterResource(spot, id.toString());
        if (!isRoot && !dialect.isEmpty() && resourceOf(spot).spot == spot)
            chooseDialect(spot, dialect);
    }
    if (!failed())
        addAnchors(spot, schema);
}

void Compiler::enterResource(int spot, const QString &id)
{
    const qsizetype hash = id.indexOf(u'#');
    const QString fragment = hash < 0 ? QString() : id.sliced(hash + 1);
    if (hash != 0) {
        const Resource &outer = resourceOf(spot);
        const QUrl base = outer.base.resolved(QUrl(hash < 0 ? id : id.first(hash)));
        if (m_spots[size_t(spot)].parent < 0) {
            resourceOf(spot).base = base;
        } else {
            const Vocabulary inherited = outer.vocabulary;
            m_spots[size_t(spot)].resource = int(m_resources.size());
            m_resources.push_back({base, spot, inherited, {}, {}});
        }
        const QString key = resourceKey(base);
        if (!m_byUri.contains(key))
            m_byUri.insert(key, m_spots[size_t(spot)].resource);
    }
    if (!fragment.isEmpty()) // draft-07 names a place this way
        resourceOf(spot).anchors.insert(fragment, spot);
}

void Compiler::addAnchors(int spot, const QJsonObject &schema)
{
    Resource &resource = resourceOf(spot);
    if (resource.vocabulary.draft07)
        return;
    for (const auto &keyword : {"$anchor"_L1, "$dynamicAnchor"_L1}) {
        const QJsonValue name = schema.value(keyword);
        if (name.isUndefined())
            continue;
        if (!name.isString())
            return fail(spot, u"\"%1\" must be a string"_s.arg(keyword));
        if (!resource.anchors.contains(name.toString()))
            resource.anchors.insert(name.toString(), spot);
        if (keyword == "$dynamicAnchor"_L1)
            resource.dynamicAnchors.insert(name.toString(), m_spots[size_t(spot)].node);
    }
}

std::optional<Vocabulary> Compiler::knownDialect(const QString &uri) const
{
    QString name = uri.endsWith(u'#') ? uri.chopped(1) : uri;
    Vocabulary vocabulary;
    vocabulary.assertFormat = m_options.assertFormat;
    vocabulary.draft07 = name.sliced(name.indexOf(u':') + 1)
                         == QLatin1StringView(kUriDraft07).sliced(5); // people write https as well
    if (vocabulary.draft07 || name == QLatin1StringView(kUri202012))
        return vocabulary;
    return std::nullopt;
}

void Compiler::chooseDialect(int spot, const QString &uri)
{
    if (const std::optional<Vocabulary> known = knownDialect(uri)) {
        resourceOf(spot).vocabulary = *known;
        return;
    }
    const std::optional<QJsonValue> metaschema = fetch(QUrl(uri));
    if (metaschema && metaschema->isObject())
        return readVocabulary(spot, uri, metaschema->toObject());
    fail(spot, u"the dialect \"%1\" is not supported, use \"%2\" or \"%3#\""_s.arg(
                   uri.left(200), QLatin1StringView(kUri202012), QLatin1StringView(kUriDraft07)));
}

void Compiler::readVocabulary(int spot, const QString &uri, const QJsonObject &metaschema)
{
    std::optional<Vocabulary> vocabulary = knownDialect(metaschema.value("$schema"_L1).toString());
    if (!vocabulary)
        return fail(spot, u"the dialect \"%1\" builds on none of the supported ones"_s.arg(uri));
    const QJsonObject list = metaschema.value("$vocabulary"_L1).toObject();
    if (!list.isEmpty()) {
        static constexpr auto kVocab = "https://json-schema.org/draft/2020-12/vocab/"_L1;
        static const QStringList known = {
            u"core"_s,      u"applicator"_s,        u"unevaluated"_s,      u"validation"_s,
            u"meta-data"_s, u"format-annotation"_s, u"format-assertion"_s, u"content"_s};
        vocabulary->validation = list.contains(kVocab % "validation"_L1);
        vocabulary->unevaluated = list.contains(kVocab % "unevaluated"_L1);
        vocabulary->assertFormat |= list.contains(kVocab % "format-assertion"_L1);
        for (auto it = list.constBegin(); it != list.constEnd(); ++it) {
            const bool ours =
                it.key().startsWith(kVocab) && known.contains(it.key().mid(kVocab.size()));
            if (it.value().toBool() && !ours)
                fail(spot, u"the vocabulary \"%1\" is required but not known"_s.arg(it.key()));
        }
    }
    resourceOf(spot).vocabulary = *vocabulary;
}

std::optional<QJsonValue> Compiler::fetch(const QUrl &url) const
{
    const std::optional<QJsonValue> builtIn = builtInSchema(resourceKey(url));
    if (builtIn || !m_options.resolver)
        return builtIn;
    return m_options.resolver(url.adjusted(QUrl::RemoveFragment));
}

} // namespace bridge::json
