# SPDX-License-Identifier: GPL-3.0-or-later
bridge_test(vaultkeys LINK bridge::vault)
bridge_test(vaultstore LINK bridge::vault)
bridge_test(vault LINK bridge::vault)
