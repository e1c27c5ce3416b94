# SPDX-License-Identifier: GPL-3.0-or-later
add_library(bridge_warnings INTERFACE)
if(MSVC)
    target_compile_options(bridge_warnings INTERFACE /W4 /permissive- /utf-8)
    if(BRIDGE_WERROR)
        target_compile_options(bridge_warnings INTERFACE /WX)
    endif()
else()
    target_compile_options(bridge_warnings INTERFACE
        -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
        -Wold-style-cast -Wundef -Wsuggest-override)
    if(BRIDGE_WERROR)
        # A newer Qt deprecating something must not break an older checkout.
        target_compile_options(bridge_warnings INTERFACE -Werror -Wno-error=deprecated-declarations)
    endif()
    if(CMAKE_BUILD_TYPE STREQUAL "Release")
        target_compile_options(bridge_warnings INTERFACE
            -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong)
        target_link_options(bridge_warnings INTERFACE LINKER:-z,relro LINKER:-z,now)
    endif()
endif()
