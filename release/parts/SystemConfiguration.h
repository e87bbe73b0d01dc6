/* libcurl calls this one function for a side effect only; without the framework there is nothing to call. */
#pragma once
typedef const void *CFDictionaryRef;
static inline CFDictionaryRef SCDynamicStoreCopyProxies(const void *store) { (void)store; return 0; }
static inline void CFRelease(const void *ref) { (void)ref; }
