/* What the configuration says of all mailboxes, told to their store. */
#ifndef RINGPOST_MANAGE_SETTINGS_H
#define RINGPOST_MANAGE_SETTINGS_H

#include "base/config.h"
#include "store/store.h"

/* In force from now on: pickup.quota_warnings, pickup.mailboxes. */
void settings_apply(struct store *store, const struct config *config);

#endif
