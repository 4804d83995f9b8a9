/* What may be asked on the admin socket. */
#include "admin/commands.h"

#include <unistd.h>

#include "base/failure.h"
#include "base/memory.h"

#include "admin/call.h"

static bool reload(struct admin_call *call, struct deadline deadline);
static bool stop(struct admin_call *call, struct deadline deadline);

static const struct admin_command table[] = {
	{"api routes", admin_api_routes, NULL},
	{"bounces", admin_bounces, NULL},
	{"config diff", admin_config_diff, NULL},
	{"eta", admin_eta, NULL},
	{"changes", admin_changes, NULL},
	{"domain add", admin_domain_add, "domain"},
	{"domain list", admin_domain_list, NULL},
	{"domain remove", admin_domain_remove, "domain"},
	{"domain rotate", admin_domain_rotate, "domain"},
	{"domain show", admin_domain_show, NULL},
	{"events", admin_events, NULL},
	{"mailbox adopt", admin_mailbox, "account"},
	{"mailbox backup", admin_mailbox, NULL},
	{"mailbox check", admin_mailbox, NULL},
	{"mailbox create", admin_mailbox, "account mailbox"},
	{"mailbox delete", admin_mailbox, "account mailbox"},
	{"mailbox expire", admin_mailbox, "account mailbox"},
	{"mailbox export", admin_mailbox, NULL},
	{"mailbox list", admin_mailbox, NULL},
	{"mailbox rename", admin_mailbox, "account mailbox to"},
	{"mailbox repair", admin_mailbox, "account"},
	{"mailbox rights", admin_mailbox, "rights? account mailbox who rights"},
	{"mailbox show", admin_mailbox, NULL},
	{"message cancel", admin_message_act, "id"},
	{"message events", admin_message_events, NULL},
	{"message hold", admin_message_act, "id"},
	{"message list", admin_message_list, NULL},
	{"message release", admin_message_act, "id"},
	{"message reschedule", admin_message_act, "id"},
	{"message retry", admin_message_act, "id"},
	{"message show", admin_message_show, NULL},
	{"queue body", admin_queue_body, NULL},
	{"queue count", admin_queue_count, NULL},
	{"queue drop", admin_queue_drop, "id domain sender tenant stream tag state"},
	{"queue hold", admin_queue_hold, "id domain sender tenant stream tag state"},
	{"queue list", admin_queue_list, NULL},
	{"queue rebind", admin_queue_rebind, "route"},
	{"queue release", admin_queue_release,
		"id domain sender tenant stream tag state"},
	{"queue retry", admin_queue_retry, "id domain sender tenant stream tag state"},
	{"queue show", admin_queue_show, NULL},
	{"reload", reload, ""},
	{"resume", admin_resume, "scope name"},
	{"returns list", admin_returns_list, NULL},
	{"returns look", admin_returns_look, NULL},
	{"send", admin_send, NULL},
	{"site", admin_site, "reset? domain"},
	{"sites", admin_sites, NULL},
	{"sources", admin_sources, NULL},
	{"status", admin_status, NULL},
	{"stop", stop, ""},
	{"suppression add", admin_suppression_add, "entries"},
	{"suppression check", admin_suppression_check, NULL},
	{"suppression list", admin_suppression_list, NULL},
	{"suppression remove", admin_suppression_remove, "address"},
	{"suspend", admin_suspend, "scope name"},
	{"suspensions", admin_suspensions, NULL},
	{"app add", admin_app_add, "name label"},
	{"app list", admin_app_list, NULL},
	{"app remove", admin_app_remove, "name label"},
	{"key add", admin_key_add, "name"},
	{"key list", admin_key_list, NULL},
	{"key change", admin_key_change, "name"},
	{"key remove", admin_key_remove, "name"},
	{"key show", admin_key_show, NULL},
	{"sts", admin_sts, NULL},
	{"template add", admin_template_add, "name"},
	{"template change", admin_template_change, "name"},
	{"template list", admin_template_list, NULL},
	{"template remove", admin_template_remove, "name"},
	{"template render", admin_template_render, NULL},
	{"template show", admin_template_show, NULL},
	{"tlsrpt", admin_tlsrpt, NULL},
	{"totp check", admin_totp_check, NULL},
	{"totp new", admin_totp_new, NULL},
	{"totp off", admin_totp_off, "name"},
	{"totp on", admin_totp_on, "name"},
	{"top", admin_top, NULL},
	{"trace", admin_trace, NULL},
	{"user add", admin_user_add, "name"},
	{"user change", admin_user_change, "name"},
	{"user list", admin_user_list, NULL},
	{"user password", admin_user_password, "name"},
	{"user remove", admin_user_remove, "name"},
	{"user show", admin_user_show, NULL},
	{"webhook add", admin_webhook_add, "name"},
	{"webhook change", admin_webhook_change, "name"},
	{"webhook dead", admin_webhook_dead, NULL},
	{"webhook list", admin_webhook_list, NULL},
	{"webhook redeliver", admin_webhook_redeliver, "name"},
	{"webhook remove", admin_webhook_remove, "name"},
	{"webhook show", admin_webhook_show, NULL},
	{"webhook test", admin_webhook_test, NULL},
};

const struct admin_command *admin_command_find(struct slice name)
{
	for (size_t i = 0; i < ARRAY_COUNT(table); i++)
		if (slice_equal(name, slice_of(table[i].name)))
			return &table[i];
	return NULL;
}

/* Refused, the answer is what is wrong, in full: it may be many lines. */
static bool reload(struct admin_call *call, struct deadline deadline)
{
	struct buffer errors = {0};
	bool reloaded = daemon_reload(call->daemon, &errors, deadline);

	if (!reloaded)
		call->refusal = ADMIN_CONFLICT;
	value_set_truth(call->answer, "reloaded", reloaded);
	value_set_text(call->answer, "later", buffer_contents(&call->daemon->later));
	if (!reloaded)
		value_set_text(call->answer, "errors",
			buffer_size(&errors) ? buffer_contents(&errors)
					     : slice_of(failure_last()->text));
	buffer_finish(&errors);
	return true;
}

static bool stop(struct admin_call *call, struct deadline deadline)
{
	(void)deadline;
	value_set_number(call->answer, "pid", getpid());
	daemon_stop(call->daemon);
	return true;
}
