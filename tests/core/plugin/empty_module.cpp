// A shared library that is no exporter.
extern "C" int SomethingElse() { return 1; }
