# Where things go on a host, and the .deb that `./dev package` makes.
include(GNUInstallDirs)
# The program alone is packed, so the tests need not be built for it.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)

install(TARGETS tokensyncd RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES README.md CHANGELOG.md LICENSE config/tokensyncd.yaml config/tokensyncd.schema.json
        docs/alerts.md metrics/alerts.yaml metrics/recording.yaml metrics/alertmanager.yaml metrics/dashboard.json
        DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES systemd/tokensyncd.service systemd/tokensyncd-rotate@.service
        systemd/tokensyncd-rotate@.timer DESTINATION lib/systemd/system)
install(FILES systemd/tokensyncd.sysusers DESTINATION lib/sysusers.d RENAME tokensyncd.conf)
install(FILES systemd/tokensyncd.tmpfiles DESTINATION lib/tmpfiles.d RENAME tokensyncd.conf)

set(CPACK_PACKAGE_NAME tokensyncd)
set(CPACK_PACKAGE_VENDOR tokensyncd)
set(CPACK_PACKAGE_CONTACT "the tokensyncd maintainers <tokensyncd@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "keeps API tokens in sync from the TimelinesAI Partner API into files")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "ca-certificates, systemd")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${PROJECT_SOURCE_DIR}/cmake/postinst)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
