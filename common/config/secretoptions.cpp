// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/config/optionrows.h"

using namespace Qt::StringLiterals;

namespace bridge::config {

namespace {

QList<Option> egress()
{
    const QString group = u"Outgoing requests"_s;
    return {
        {.name = u"EGRESS_ALLOWED_NETWORKS"_s,
         .flag = u"--egress-allowed-networks"_s,
         .type = OptionType::List,
         .reload = Reload::Live,
         .group = group,
         .help = u"Private networks that addresses found in tokens, metadata and other documents "
                 "may lead to, e.g. 10.20.0.0/16. With loopback in it, plain http to this machine "
                 "is allowed as well. Addresses in the settings need not be listed."_s},
        {.name = u"EGRESS_ALLOWED_PORTS"_s,
         .flag = u"--egress-allowed-ports"_s,
         .type = OptionType::List,
         .defaultValue = u"443"_s,
         .reload = Reload::Live,
         .group = group,
         .help = u"Ports that such addresses may name."_s},
        {.name = u"EGRESS_CA_BUNDLE"_s,
         .flag = u"--egress-ca-bundle"_s,
         .type = OptionType::Path,
         .reload = Reload::Live,
         .group = group,
         .help = u"PEM file of authorities trusted besides the system's when the bridge asks "
                 "identity providers and credential stores."_s},
    };
}

} // namespace

QList<Option> secretRows()
{
    return egress();
}

} // namespace bridge::config
