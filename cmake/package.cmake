# Where things go on a host, and the .deb that `./dev package` makes.
include(GNUInstallDirs)

install(TARGETS tokensyncd RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES README.md CHANGELOG.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

# systemd's and the example's files appear with the folders that own them.
if(EXISTS ${PROJECT_SOURCE_DIR}/config/tokensyncd.example.yaml)
  install(FILES config/tokensyncd.example.yaml DESTINATION ${CMAKE_INSTALL_DOCDIR})
endif()

set(CPACK_PACKAGE_NAME tokensyncd)
set(CPACK_PACKAGE_VENDOR tokensyncd)
set(CPACK_PACKAGE_CONTACT "the tokensyncd maintainers <tokensyncd@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "keeps API tokens in sync from the TimelinesAI Partner API into files")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_DEPENDS ca-certificates)
include(CPack)
