/*
 * Who waits for something else and is to hear of a mailbox meanwhile: a session in
 * IDLE waits for its client and for its view, in one fiber.
 */
#ifndef RINGPOST_STORE_VIEW_ALERT_H
#define RINGPOST_STORE_VIEW_ALERT_H

#include "base/list.h"
#include "store/view.h"

struct view_alert {
	struct link link;
	/* On the worker, by a letter's rules: the view may be behind, or gone. It adds
	 * and removes none. */
	void (*run)(struct view_alert *alert);
};

/* From now on; it is removed before the view is closed. */
void view_alert_add(struct view *view, struct view_alert *alert);
void view_alert_remove(struct view_alert *alert);

#endif
