// SPDX-License-Identifier: GPL-3.0-or-later
// The value of a field of a log entry. Texts and numbers, of which an access log has a dozen for
// each request, stay what they are; JSON is for the rest.
#pragma once

#include <QtCore/QJsonArray>
#include <QtCore/QJsonObject>
#include <QtCore/QJsonValue>
#include <QtCore/QString>

#include <type_traits>
#include <utility>
#include <variant>

namespace bridge::logging {

class FieldValue
{
public:
    using Variant = std::variant<QString, qint64, double, bool, QJsonValue>;

    FieldValue(QString text) : m_value(std::move(text)) {}
    FieldValue(QLatin1StringView text) : m_value(QString(text)) {}
    template <typename Integer>
    requires std::is_integral_v<Integer> &&(!std::is_same_v<Integer, bool>)
        FieldValue(Integer number)
        : m_value(qint64(number))
    {
    }
    FieldValue(double number) : m_value(number) {}
    /// Only a bool: pointers would become one silently.
    template <typename Bool>
    requires std::is_same_v<Bool, bool> FieldValue(Bool truth) : m_value(truth) {}
    /// A text inside is kept as a text.
    FieldValue(const QJsonValue &value)
    {
        if (value.isString())
            m_value = value.toString();
        else
            m_value = value;
    }
    FieldValue(const QJsonArray &array) : m_value(QJsonValue(array)) {}
    FieldValue(const QJsonObject &object) : m_value(QJsonValue(object)) {}

    const Variant &variant() const { return m_value; }

private:
    Variant m_value;
};

} // namespace bridge::logging
