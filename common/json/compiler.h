// SPDX-License-Identifier: GPL-3.0-or-later
// Internal to bridge::json: turns schema documents into a Program. Every place of a document that
// holds a schema becomes a Spot; `$id`, anchors and pointers are all looked up among the spots.
// References are resolved after the walk, from a queue, so nothing recurses beyond the nesting of
// the documents, which is bounded.
#pragma once

#include "common/json/program.h"
#include "common/json/schema.h"

#include <QtCore/QJsonObject>
#include <QtCore/QUrl>

namespace bridge::json {

/// What the dialect of a schema resource makes of its keywords.
struct Vocabulary {
    bool draft07 = false;
    bool validation = true;
    bool unevaluated = true;
    bool assertFormat = false;
};

class Compiler
{
public:
    explicit Compiler(const SchemaOptions &options);
    Result<std::shared_ptr<const Program>> run(const QJsonValue &schema);

    // For KeywordReader.
    /// Compiles the schema one or two steps below \a spot and returns its node.
    int compileBelow(int spot, const QString &keyword, int depth);
    int compileBelow(int spot, const QString &keyword, const QString &name, int depth);
    /// Has `$ref` or `$dynamicRef` \a target of \a node resolved later.
    void refer(int spot, int node, const QString &target, bool dynamic);
    void markTracking() { m_program->tracksEvaluated = true; }
    const Vocabulary &vocabulary(int spot) const { return resourceOf(spot).vocabulary; }
    /// Keeps the first problem; everything stops then.
    void fail(int spot, const QString &message);
    bool failed() const { return m_error.has_value(); }

private:
    struct Spot {
        int parent;
        QString token;
        QJsonValue value;
        int resource;
        int node = kNoNode;
    };
    struct Resource {
        QUrl base;
        int spot;
        Vocabulary vocabulary;
        QHash<QString, int> anchors;
        QHash<QString, int> dynamicAnchors;
    };
    struct Reference {
        int spot;
        int node;
        QString target;
        bool dynamic;
    };

    int addDocument(const QUrl &url, const QJsonValue &root, const Vocabulary &vocabulary);
    int spotBelow(int parent, const QString &token);
    int compile(int spot, int depth);
    void enter(int spot, const QJsonObject &schema);
    void enterResource(int spot, const QString &id);
    void chooseDialect(int spot, const QString &uri);
    std::optional<Vocabulary> knownDialect(const QString &uri) const;
    void readVocabulary(int spot, const QString &uri, const QJsonObject &metaschema);
    void addAnchors(int spot, const QJsonObject &schema);
    std::optional<QJsonValue> fetch(const QUrl &url) const;

    void resolve(const Reference &reference);
    int findResource(const Reference &reference, const QString &uri);
    int findSpot(const Reference &reference, int resource, const QString &fragment);
    void refuseCircles();
    std::vector<int> nodesInPlace(int node) const;

    Resource &resourceOf(int spot) { return m_resources[size_t(m_spots[size_t(spot)].resource)]; }
    const Resource &resourceOf(int spot) const
    {
        return m_resources[size_t(m_spots[size_t(spot)].resource)];
    }
    QString describe(int spot) const;

    const SchemaOptions &m_options;
    std::shared_ptr<Program> m_program = std::make_shared<Program>();
    std::vector<Spot> m_spots;
    std::vector<Resource> m_resources;
    QHash<std::pair<int, QString>, int> m_below;
    QHash<QString, int> m_byUri;
    std::vector<Reference> m_references;
    int m_documents = 0;
    std::optional<Error> m_error;
};

} // namespace bridge::json
