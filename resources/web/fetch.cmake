# SPDX-License-Identifier: GPL-3.0-or-later
# cmake -DSOURCE=… -DOUTPUT=… -DNPM=… -P fetch.cmake
# Gathers the pages and the npm bundles they use in OUTPUT, each with a gzip twin.
set(swagger swagger-ui-dist)
set(packaged
    ${swagger}/swagger-ui.css ${swagger}/swagger-ui-bundle.js
    ${swagger}/swagger-ui-bundle.js.LICENSE.txt
    redoc/bundles/redoc.standalone.js redoc/bundles/redoc.standalone.js.LICENSE.txt)
set(own docs.html docs.js docs.css redoc.html redoc.js favicon.svg)

if(NOT NPM)
    message(FATAL_ERROR "npm is missing. It fetches Swagger UI and ReDoc for /docs and /redoc: "
        "install Node.js with npm (./dev deps does), then build again.")
endif()

# The lock's hash is the mark of a finished install, so that editing a page does not need npm.
set(modules "${OUTPUT}/npm")
file(SHA256 "${SOURCE}/package-lock.json" lock)
set(mark "${modules}/.installed-${lock}")
if(NOT EXISTS "${mark}")
    file(COPY "${SOURCE}/package.json" "${SOURCE}/package-lock.json" "${SOURCE}/.npmrc"
        DESTINATION "${modules}")
    execute_process(COMMAND "${NPM}" ci --ignore-scripts --prefer-offline --no-progress
        WORKING_DIRECTORY "${modules}" RESULT_VARIABLE failed OUTPUT_VARIABLE log ERROR_VARIABLE log)
    if(failed)
        message(FATAL_ERROR "npm could not install the pages of /docs and /redoc. The first build "
            "needs the npm registry: check the network and its proxy settings. npm said:\n${log}")
    endif()
    file(TOUCH "${mark}")
endif()

set(files)
foreach(file IN LISTS packaged)
    list(APPEND files "${modules}/node_modules/${file}")
endforeach()
foreach(file IN LISTS own)
    list(APPEND files "${SOURCE}/${file}")
endforeach()
foreach(file IN LISTS files)
    get_filename_component(name "${file}" NAME)
    # ReDoc's attribution would fetch a picture from outside, which works neither offline nor
    # under the page's content security policy.
    file(READ "${file}" text)
    string(REPLACE "https://cdn.redoc.ly/redoc/logo-mini.svg" "data:," text "${text}")
    file(WRITE "${OUTPUT}/${name}" "${text}")
    file(ARCHIVE_CREATE OUTPUT "${OUTPUT}/${name}.gz" PATHS "${OUTPUT}/${name}"
        FORMAT raw COMPRESSION GZip COMPRESSION_LEVEL 9)
endforeach()
