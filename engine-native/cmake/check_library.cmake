# Checks what a Linux library asks of the system it is loaded in, and what it shows:
#
#     cmake -DLIBRARY=libspindle.so -DOBJDUMP=objdump -P check_library.cmake
#
# It may need the C library alone, under the one name that musl's loader takes for itself, too, and no symbol of glibc
# newer than OLDEST_GLIBC, which is the oldest that AArch64 has. It may export what Java looks up, and nothing else.
set(OLDEST_GLIBC 2.17)

execute_process(COMMAND ${OBJDUMP} -p -T ${LIBRARY} OUTPUT_VARIABLE dump RESULT_VARIABLE status)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "${OBJDUMP} fails on ${LIBRARY}: ${status}")
endif()
string(REPLACE "\n" ";" lines "${dump}")

set(exported 0)
foreach(line IN LISTS lines)
  if(line MATCHES "NEEDED +(.*)" AND NOT CMAKE_MATCH_1 STREQUAL "libc.so.6")
    message(SEND_ERROR "${LIBRARY} needs ${CMAKE_MATCH_1}, expected nothing but libc.so.6")
  endif()
  if(line MATCHES "\\*UND\\*.*GLIBC_([0-9.]+)\\)? +(.*)" AND CMAKE_MATCH_1 VERSION_GREATER OLDEST_GLIBC)
    message(SEND_ERROR "${LIBRARY} needs ${CMAKE_MATCH_2} of glibc ${CMAKE_MATCH_1}, expected at most ${OLDEST_GLIBC}")
  endif()
  if(line MATCHES "^[0-9a-f]+ g.* ([A-Za-z_0-9]+)$")
    set(symbol ${CMAKE_MATCH_1})
    if(symbol MATCHES "^Java_dev_spindle_engine_jni_")
      math(EXPR exported "${exported} + 1")
    else()
      message(SEND_ERROR "${LIBRARY} exports ${symbol}, expected nothing but what Java looks up")
    endif()
  endif()
endforeach()
if(exported EQUAL 0)
  message(SEND_ERROR "${LIBRARY} exports nothing that Java looks up")
endif()
