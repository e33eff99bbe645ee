/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that runs out when a test wants it to. Not with sanitizers, whose allocators it would
 * replace: tests that need it do not exist there. */
#ifndef PORTCULLIS_TESTS_SHORT_MEMORY_H
#define PORTCULLIS_TESTS_SHORT_MEMORY_H

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED
#endif
#endif

#ifndef SANITIZED
/** So many allocations succeed from now on, then none until memory_is_plenty(). */
void memory_lasts_for(unsigned allocations);
void memory_is_plenty(void);
/** Number of allocated blocks. */
long memory_blocks(void);
#endif

#endif
