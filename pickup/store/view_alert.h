/*
 * Who waits for something else and is to hear of a mailbox meanwhile: a session in
 * IDLE waits for its client and for its view, in one fiber.
 */
#ifndef RINGPOST_STORE_VIEW_ALERT_H
#define RINGPOST_STORE_VIEW_ALERT_H

#include "base/list.h"
#include "run/fiber.h"
#include "store/view.h"

struct view_alert {
	struct link link;
	struct fiber *fiber;
	bool waits; /* for something that fiber_hurry may end */
};

/* From now on FIBER, where it waits, is hurried when the view may be behind. Before
 * the view is closed it is removed. */
void view_alert_add(struct view *view, struct view_alert *alert);
void view_alert_remove(struct view *view, struct view_alert *alert);

#endif
