# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` installs: the program with its RTL models (those that are built), libraries, headers, configurations, a
# CMake package and pkg-config files. The program finds models and configurations beside itself (sw_model/folders.hpp), so that
# the folders lib/weft and share/weft are fixed. Headers include each other from the root of the tree, so the tree is include/weft/.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set_target_properties(weft_model PROPERTIES EXPORT_NAME golden)
foreach(NAME base driver driver_uio compiler cycle_model harness list_runner systemc warnings)
  set_target_properties(weft_${NAME} PROPERTIES EXPORT_NAME ${NAME})
endforeach()
install(TARGETS weft_warnings weft_base weft_model weft_driver weft_driver_uio EXPORT WeftTargets)
install(TARGETS weft_compiler weft_cycle_model weft_harness weft_list_runner weft_systemc EXPORT WeftSystemcTargets)
add_custom_target(weft_installed)  # the libraries
add_dependencies(weft_installed weft_model weft_driver weft_driver_uio weft_systemc)
set(WEFT_PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/Weft)
install(EXPORT WeftTargets NAMESPACE Weft:: DESTINATION ${WEFT_PACKAGE_DIR})
install(EXPORT WeftSystemcTargets NAMESPACE Weft:: DESTINATION ${WEFT_PACKAGE_DIR})
configure_package_config_file(cmake/WeftConfig.cmake.in ${PROJECT_BINARY_DIR}/WeftConfig.cmake INSTALL_DESTINATION ${WEFT_PACKAGE_DIR})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/WeftConfigVersion.cmake COMPATIBILITY SameMajorVersion)
install(FILES ${PROJECT_BINARY_DIR}/WeftConfig.cmake ${PROJECT_BINARY_DIR}/WeftConfigVersion.cmake DESTINATION ${WEFT_PACKAGE_DIR})

foreach(DIR sw_model compiler driver sim/harness sim/systemc)
  install(DIRECTORY ${DIR}/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/weft/${DIR} FILES_MATCHING PATTERN "*.hpp" PATTERN "*.h")
endforeach()
install(DIRECTORY ${PROJECT_BINARY_DIR}/generated/rtl DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/weft FILES_MATCHING PATTERN "*.hpp")
install(FILES cmake/golden.hpp cmake/systemc.hpp DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/weft)
install(DIRECTORY configs DESTINATION share/weft)
install(DIRECTORY scripts/sweep DESTINATION share/weft PATTERN "__pycache__" EXCLUDE)  # weft sweep
install(TARGETS weft RUNTIME DESTINATION bin)
file(RELATIVE_PATH WEFT_PREFIX_FROM_PC ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})  # Debian's libraries lie deeper
configure_file(cmake/weft-systemc.pc.in ${PROJECT_BINARY_DIR}/weft-systemc.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/weft-systemc.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

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
