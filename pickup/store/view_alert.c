/* Calls who waits for something else; see view_alert.h. */
#include "store/view_alert.h"

#include "store/mailbox_core.h"

void view_alert_add(struct view *view, struct view_alert *alert)
{
	list_append(&view->watch->alerts, &alert->link);
}

void view_alert_remove(struct view_alert *alert)
{
	list_remove(&alert->link);
}

void watch_alert(struct watch *watch)
{
	LIST_EACH (&watch->alerts, link)
		CONTAINER_OF(link, struct view_alert, link)
			->run(CONTAINER_OF(link, struct view_alert, link));
}
