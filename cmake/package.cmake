# Where things go on a host, and the .deb that `./dev package` makes.
include(GNUInstallDirs)
# The program and its pages alone are packed, so the tests need not be built for it.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)

set(CPACK_PACKAGE_NAME tokensyncd)
set(CPACK_PACKAGE_VENDOR tokensyncd)
# Nobody reads mail for it: SECURITY.md and the project's page say where to write.
set(CPACK_PACKAGE_CONTACT "The tokensyncd developers <developers@tokensyncd.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "keep TimelinesAI API tokens in files, Vault and programs")
set(CPACK_PACKAGE_DESCRIPTION
"A TimelinesAI partner holds one Public API token for each customer's
workspace. When one is rotated the old one stops at once. This daemon asks
the Partner API on a schedule and when the vendor's event comes, and keeps
the right token in files that are replaced atomically, in HashiCorp Vault or
OpenBao, and with programs that take it. It shows by metrics, probes and an
audit log who has which token.")

# Of which Debian: a package of 13 takes the place of one of 12, never the other way round.
file(STRINGS /etc/os-release release REGEX "^(VERSION_ID|VERSION_CODENAME)=")
string(REGEX MATCH "VERSION_CODENAME=\"?([a-z]+)" ignored "${release}")
set(PACKAGE_SUITE ${CMAKE_MATCH_1})
if(release MATCHES "VERSION_ID=\"?([0-9]+)")
  set(PACKAGE_RELEASE 1~deb${CMAKE_MATCH_1})
else()
  set(PACKAGE_RELEASE 1)  # a Debian to come has no number
endif()
if(NOT PACKAGE_SUITE)
  set(PACKAGE_SUITE unstable)
endif()

# What is made for the package alone.
set(made ${PROJECT_BINARY_DIR}/packaging)
# Of the commit, where `./dev package` says which.
string(TIMESTAMP PACKAGE_DATE "%a, %d %b %Y %H:%M:%S +0000" UTC)
configure_file(packaging/debian/changelog.in ${made}/changelog.Debian @ONLY)
set(schema ${PROJECT_SOURCE_DIR}/config/tokensyncd.schema.json)
set(pages ${PROJECT_SOURCE_DIR}/packaging/man)
add_custom_command(
  OUTPUT ${made}/tokensyncd.yaml.5
  COMMAND ${TOKENSYNCD_PYTHON} ${pages}/keys.py ${schema} ${pages}/tokensyncd.yaml.5.in
          >${made}/tokensyncd.yaml.5
  DEPENDS ${pages}/keys.py ${pages}/tokensyncd.yaml.5.in ${schema})

# compressed(SOURCE [NAME]): SOURCE, the same at each build, as NAME.gz in ${made}.
function(compressed source)
  cmake_path(GET source FILENAME name)
  if(ARGC GREATER 1)
    set(name ${ARGV1})
  endif()
  add_custom_command(OUTPUT ${made}/${name}.gz COMMAND gzip -9nc ${source} >${made}/${name}.gz
                     DEPENDS ${source})
  target_sources(package_pages PRIVATE ${made}/${name}.gz)
endfunction()

add_custom_target(package_pages ALL)
compressed(${made}/changelog.Debian)
compressed(${PROJECT_SOURCE_DIR}/CHANGELOG.md changelog)
compressed(${pages}/tokensyncd.1)
compressed(${made}/tokensyncd.yaml.5)

install(TARGETS tokensyncd RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES README.md packaging/debian/copyright ${made}/changelog.Debian.gz ${made}/changelog.gz
        DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES config/tokensyncd.schema.json config/tokensyncd-workspaces.schema.json
        DESTINATION ${CMAKE_INSTALL_DATADIR}/tokensyncd)
install(FILES config/tokensyncd.yaml
        metrics/alerts.yaml metrics/recording.yaml metrics/alertmanager.yaml metrics/dashboard.json
        DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
# Laid out as in the tree, so that links from one to another hold.
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(CODE "file(CREATE_LINK examples \$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_DOCDIR}/metrics SYMBOLIC)")
install(DIRECTORY systemd/drop-ins/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
install(FILES ${made}/tokensyncd.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${made}/tokensyncd.yaml.5.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man5)
install(FILES packaging/completion/tokensyncd.bash
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME tokensyncd)
install(FILES packaging/debian/lintian-overrides
        DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides RENAME tokensyncd)
install(FILES systemd/tokensyncd.service systemd/tokensyncd-rotate@.service
        systemd/tokensyncd-rotate@.timer DESTINATION lib/systemd/system)
install(FILES packaging/tokensyncd.logrotate DESTINATION /etc/logrotate.d RENAME tokensyncd)
install(FILES systemd/tokensyncd.sysusers DESTINATION lib/sysusers.d RENAME tokensyncd.conf)
install(FILES systemd/tokensyncd.tmpfiles DESTINATION lib/tmpfiles.d RENAME tokensyncd.conf)

set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE ${PACKAGE_RELEASE})
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "ca-certificates, systemd")
# For the audit log, and for hooks that reload services.
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "logrotate, polkitd")
set(scripts ${PROJECT_SOURCE_DIR}/packaging/debian)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${scripts}/postinst ${scripts}/prerm ${scripts}/postrm
    ${scripts}/conffiles)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
