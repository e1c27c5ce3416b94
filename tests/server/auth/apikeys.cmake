# SPDX-License-Identifier: GPL-3.0-or-later
bridge_test(apikeys LINK bridge::apikeys)
