/* Webhooks as admin commands know them: between the files webhook*.c. */
#ifndef RINGPOST_ADMIN_WEBHOOK_H
#define RINGPOST_ADMIN_WEBHOOK_H

#include "events/webhook.h"

struct admin_call;
struct value;

/* UNKNOWN: with a failure. */
enum webhook_found { WEBHOOK_UNKNOWN, WEBHOOK_ABSENT, WEBHOOK_FOUND };

/* The one the request names, whoever is sent it; in ARENA, and all it has. */
enum webhook_found admin_webhook_look(struct admin_call *call, struct arena *arena,
	struct webhook *webhook_r, struct deadline deadline);
/* The same, of the request's tenant if it has one. False with a failure. */
bool admin_webhook_find(struct admin_call *call, struct arena *arena,
	struct webhook *webhook_r, struct deadline deadline);
/* What it is, without its secret. */
void admin_webhook_describe(const struct webhook *webhook, struct value *into);

#endif
