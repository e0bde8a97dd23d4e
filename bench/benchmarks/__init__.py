"""The benchmarks, one module each, with a function `run(bench)` that fills a `harness.report.Section`."""
