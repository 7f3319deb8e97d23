"""Compilation of kernels: the decorator, its cache on disk, SIMD vectors."""
