# python's own tests.
. /tests/section.sh
section python-tests 'python3 -m test -q -j1 test_math test_struct test_float test_re test_json test_zlib test_hashlib test_threading test_signal test_subprocess 2>&1 | grep -E "^(Result|test_|[0-9]+ test|All|FAIL|ERROR)" | sort | head -n 20'
