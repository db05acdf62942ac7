# What guards pages, as far as it reads what others write.
get_target_property(folder pillion_web SOURCE_DIR)
pillion_fuzzer(web_fuzz
  SOURCES web_fuzz.cpp ${folder}/admission.cpp ${folder}/password_hash.cpp ${folder}/web_file.cpp
          ${folder}/../config/suggest.cpp ${folder}/../config/units.cpp
  LIBRARIES fmt::fmt OpenSSL::SSL PkgConfig::yaml-cpp PkgConfig::libcrypt)
