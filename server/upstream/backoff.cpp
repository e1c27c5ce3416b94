// SPDX-License-Identifier: GPL-3.0-or-later
#include "server/upstream/backoff.h"

#include <QtCore/QRandomGenerator>

#include <algorithm>

namespace bridge::upstream {

std::chrono::milliseconds backoff(int failures)
{
    const int doublings = std::clamp(failures - 1, 0, 16);
    const auto plain = std::min(kBackoffFirst * (1 << doublings), kBackoffMost);
    const double jitter = 0.8 + 0.4 * QRandomGenerator::global()->generateDouble();
    return std::chrono::milliseconds(qint64(double(plain.count()) * jitter));
}

} // namespace bridge::upstream
