# tokensyncd_layer(NAME SOURCES a.cpp b.cpp LINK other...)
# One static library a folder: the link graph is the rule of who may know whom.
function(tokensyncd_layer name)
  cmake_parse_arguments(LAYER "" "" "SOURCES;LINK" ${ARGN})
  add_library(${name} STATIC ${LAYER_SOURCES})
  target_link_libraries(${name} PUBLIC tokensyncd_options ${LAYER_LINK})
endfunction()
