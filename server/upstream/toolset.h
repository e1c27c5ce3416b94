// SPDX-License-Identifier: GPL-3.0-or-later
// The tools of one server as the bridge shows and calls them: policy applied, mapped properties
// pruned, overlays joined, schemas compiled. Immutable, shared by everybody who reads it.
#pragma once

#include "common/json/schema.h"
#include "server/upstream/definition.h"

#include <QtCore/QHash>

#include <functional>
#include <memory>

namespace bridge::upstream {

struct Tool {
    QString name;
    QByteArray raw;                ///< the server's own object, byte-true
    QJsonObject object;            ///< parsed copy of raw
    QJsonObject inputSchema;       ///< as listed: mapped and injected properties removed
    QJsonValue outputSchema;       ///< the server's or an overlay; null when there is none
    QList<HeaderMapping> mappings; ///< those whose property this tool declares
    bool wantsOauthToken = false;
    bool isEffect = false;
    std::optional<json::Schema> input;  ///< compiled from the full schema; empty = not validated
    std::optional<json::Schema> output; ///< compiled from the server's own schema only
    QString inputSchemaError;           ///< why `input` is empty although there is a schema
};

class ToolSet
{
public:
    /// \a raw: the items of tools/list. Tools without a name and those the policy hides are left
    /// out.
    static std::shared_ptr<const ToolSet> build(const QList<QByteArray> &raw,
                                                const ServerDefinition &definition);
    /// Those of \a set that \a fits; \a set itself, also a null one, when all do.
    static std::shared_ptr<const ToolSet> only(const std::shared_ptr<const ToolSet> &set,
                                               const std::function<bool(const Tool &)> &fits);
    const QList<std::shared_ptr<const Tool>> &tools() const { return m_tools; }
    std::shared_ptr<const Tool> find(const QString &name) const { return m_byName.value(name); }
    /// How many the server listed, before the policy.
    int rawCount() const { return m_rawCount; }

private:
    QList<std::shared_ptr<const Tool>> m_tools;
    QHash<QString, std::shared_ptr<const Tool>> m_byName;
    int m_rawCount = 0;
};
using ToolSetPtr = std::shared_ptr<const ToolSet>;

} // namespace bridge::upstream
