"""What makes compiled code: one decorator, its cache, SIMD vectors."""
