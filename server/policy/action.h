// SPDX-License-Identifier: GPL-3.0-or-later
// What somebody is about to see or to do, in the words of the server that has it.
#pragma once

#include <QtCore/QJsonObject>
#include <QtCore/QString>

namespace bridge::policy {

struct Action {
    enum class Kind { Tool, Prompt, Resource };
    Kind kind = Kind::Tool;
    QString server;
    QString name; ///< of the tool or prompt; URI of a resource, or URI template in a listing
    /// Of tools, as the server tells them; null = none. Only looked at while the decision is made.
    const QJsonObject *annotations = nullptr;
    /// What the tool is to be called with; null when it is looked at only: then whatever some
    /// arguments would be allowed for can be seen.
    const QJsonObject *arguments = nullptr;
    bool isCall = false; ///< a missing scope is told instead of passed over
};

} // namespace bridge::policy
