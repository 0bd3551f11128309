# python's own tests of threads, processes, signals and the loop of events.
. /tests/section.sh
python_tests test_threading test_subprocess test_signal test_asyncio
