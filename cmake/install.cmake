# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` installs: the program with its RTL models (those that are built), libraries, headers, configurations, a
# CMake package and pkg-config files. The program finds models and configurations beside itself (sw_model/folders.hpp), so that
# the folders lib/weft and share/weft are fixed. Headers include each other from the root of the tree, so the tree is include/weft/.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(WEFT_PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/Weft)
add_custom_target(weft_installed)  # the libraries
# Targets weft_NAME as Weft::NAME, in a file of their own that WeftConfig.cmake includes.
function(weft_install_targets FILE)
  foreach(NAME ${ARGN})
    set_target_properties(weft_${NAME} PROPERTIES EXPORT_NAME ${NAME})
    add_dependencies(weft_installed weft_${NAME})
    install(TARGETS weft_${NAME} EXPORT ${FILE})
  endforeach()
  install(EXPORT ${FILE} NAMESPACE Weft:: DESTINATION ${WEFT_PACKAGE_DIR})
endfunction()
weft_install_targets(WeftTargets warnings base model driver driver_uio)
weft_install_targets(WeftCompilerTargets compiler cycle_model)
weft_install_targets(WeftWavesTargets fstapi waves)
weft_install_targets(WeftSystemcTargets harness list_runner systemc)
set_target_properties(weft_model PROPERTIES EXPORT_NAME golden)
set_target_properties(weft_cycle_model PROPERTIES EXPORT_NAME cycles)
configure_package_config_file(cmake/WeftConfig.cmake.in ${PROJECT_BINARY_DIR}/WeftConfig.cmake INSTALL_DESTINATION ${WEFT_PACKAGE_DIR})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/WeftConfigVersion.cmake COMPATIBILITY SameMajorVersion)
install(FILES ${PROJECT_BINARY_DIR}/WeftConfig.cmake ${PROJECT_BINARY_DIR}/WeftConfigVersion.cmake DESTINATION ${WEFT_PACKAGE_DIR})

foreach(DIR sw_model compiler driver sim/harness sim/systemc sim/waves)
  install(DIRECTORY ${DIR}/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/weft/${DIR} FILES_MATCHING PATTERN "*.hpp" PATTERN "*.h")
endforeach()
install(DIRECTORY ${PROJECT_BINARY_DIR}/generated/rtl DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/weft FILES_MATCHING PATTERN "*.hpp")
install(DIRECTORY cmake/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/weft)
install(DIRECTORY configs DESTINATION share/weft)
install(DIRECTORY scripts/sweep DESTINATION share/weft PATTERN "__pycache__" EXCLUDE)  # weft sweep
install(TARGETS weft RUNTIME DESTINATION bin)

file(RELATIVE_PATH WEFT_PREFIX_FROM_PC ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})  # Debian's libraries lie deeper
function(weft_pkg_config NAME PC_DESCRIPTION PC_REQUIRES PC_CFLAGS PC_LIBS)
  configure_file(cmake/weft.pc.in ${PROJECT_BINARY_DIR}/weft-${NAME}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/weft-${NAME}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endfunction()
set(WEFT_ONNX "-lonnx_proto -lprotobuf")  # which have no pkg-config file of this name
weft_pkg_config(golden "golden model" "fmt" "-std=c++20" "-lweft_model -lweft_base")
weft_pkg_config(driver "driver" "" "-pthread" "-lweft_driver_uio -lweft_driver -pthread")
weft_pkg_config(compiler "compiler" "weft-golden zlib" "" "-lweft_compiler -lweft_model -lweft_base ${WEFT_ONNX}")
weft_pkg_config(cycles "cycle model" "weft-compiler" "" "-lweft_cycle_model -lweft_compiler -lweft_model -lweft_base ${WEFT_ONNX}")
weft_pkg_config(waves "waveform files" "fmt zlib cairo" "-std=c++20" "-lweft_waves -lweft_fstapi")
weft_pkg_config(systemc "TLM-2.0 module" "systemc weft-cycles weft-driver" "-DSC_CPLUSPLUS=201703L -DSC_INCLUDE_DYNAMIC_PROCESSES"
                "-lweft_systemc -lweft_list_runner -lweft_harness -lweft_cycle_model -lweft_compiler -lweft_model -lweft_base -lweft_driver -ldl ${WEFT_ONNX}")

if(WEFT_NATIVE)
  install(CODE "message(\"-- Weft is built with -march=native: for this kind of machine alone. `make install` and `make deb` build for all of them.\")")
endif()

# `make deb`
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME weft)
set(CPACK_PACKAGE_CONTACT "The Weft authors")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "int8 CNN accelerator: compiler, golden model, cycle model, simulated RTL")
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION electronics)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "parallel, python3-yaml, python3-matplotlib")  # weft sweep
include(CPack)
