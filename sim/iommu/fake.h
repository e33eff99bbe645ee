/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FAKE_H
#define FAKE_H

/** How the stand-in is broken; 0: not at all. */
extern unsigned fake_break;

#endif
