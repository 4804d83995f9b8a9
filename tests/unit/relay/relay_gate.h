/* Where a peer's answers wait until a test opens. */
#ifndef RINGPOST_TESTS_RELAY_GATE_H
#define RINGPOST_TESTS_RELAY_GATE_H

#include "relay_world.h"

static bool gate_is_open;
static unsigned at_gate; /* so many have waited there, or do */

static inline void wait_at_gate(void)
{
	at_gate++;
	while (!gate_is_open && fiber_sleep(deadline_after_ms(5)))
		continue;
}

static inline bool is_somebody_there(void *context)
{
	return at_gate >= *(unsigned *)context;
}

static inline bool have_come(unsigned count)
{
	return eventually_holds(is_somebody_there, &count);
}

static inline void shut_gate(void)
{
	gate_is_open = false;
	at_gate = 0;
}

#endif
