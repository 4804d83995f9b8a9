/*
 * Recipients who were put on the suppression list while mail for them waited: it is
 * not sent any more. What comes straight from its submission was asked there.
 */
#ifndef RINGPOST_RELAY_SUPPRESSED_H
#define RINGPOST_RELAY_SUPPRESSED_H

#include <stdbool.h>

struct relay;
struct entry;

/* True: some of ENTRY's recipients were, and it is taken over: they are settled, as
 * `suppression.at_submission` has it returned to the sender or just told of; the
 * others go on in a moment. */
bool suppressed_stop(struct relay *relay, struct entry *entry);

#endif
