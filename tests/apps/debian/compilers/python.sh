# python's own tests of the language and of computing.
. /tests/section.sh
python_tests test_math test_struct test_float test_re test_json test_zlib test_hashlib
