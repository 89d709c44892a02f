# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` installs: libraries, headers, configurations, a CMake package and pkg-config files. Headers
# include each other from the root of the tree, so the tree is include/weft/.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set_target_properties(weft_model PROPERTIES EXPORT_NAME golden)
foreach(NAME base driver compiler cycle_model harness list_runner systemc warnings)
  set_target_properties(weft_${NAME} PROPERTIES EXPORT_NAME ${NAME})
endforeach()
install(TARGETS weft_warnings weft_base weft_model weft_driver EXPORT WeftTargets)
install(TARGETS weft_compiler weft_cycle_model weft_harness weft_list_runner weft_systemc EXPORT WeftSystemcTargets)
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
install(DIRECTORY configs DESTINATION ${CMAKE_INSTALL_DATADIR}/weft)
configure_file(cmake/weft-systemc.pc.in ${PROJECT_BINARY_DIR}/weft-systemc.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/weft-systemc.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
