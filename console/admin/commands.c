/* What may be asked on the admin socket. */
#include <unistd.h>

#include "base/failure.h"
#include "base/memory.h"

#include "admin/call.h"

static bool reload(struct admin_call *call, struct deadline deadline);
static bool stop(struct admin_call *call, struct deadline deadline);

static const struct admin_command table[] = {
	{"api routes", admin_api_routes},
	{"bounces", admin_bounces},
	{"events", admin_events},
	{"mailbox adopt", admin_mailbox},
	{"mailbox backup", admin_mailbox},
	{"mailbox check", admin_mailbox},
	{"mailbox create", admin_mailbox},
	{"mailbox delete", admin_mailbox},
	{"mailbox expire", admin_mailbox},
	{"mailbox export", admin_mailbox},
	{"mailbox list", admin_mailbox},
	{"mailbox rename", admin_mailbox},
	{"mailbox repair", admin_mailbox},
	{"mailbox rights", admin_mailbox},
	{"mailbox show", admin_mailbox},
	{"queue body", admin_queue_body},
	{"queue count", admin_queue_count},
	{"queue drop", admin_queue_drop},
	{"queue hold", admin_queue_hold},
	{"queue list", admin_queue_list},
	{"queue rebind", admin_queue_rebind},
	{"queue release", admin_queue_release},
	{"queue retry", admin_queue_retry},
	{"queue show", admin_queue_show},
	{"reload", reload},
	{"resume", admin_resume},
	{"returns list", admin_returns_list},
	{"returns look", admin_returns_look},
	{"site", admin_site},
	{"sites", admin_sites},
	{"sources", admin_sources},
	{"status", admin_status},
	{"stop", stop},
	{"suppression add", admin_suppression_add},
	{"suppression check", admin_suppression_check},
	{"suppression list", admin_suppression_list},
	{"suppression remove", admin_suppression_remove},
	{"suspend", admin_suspend},
	{"suspensions", admin_suspensions},
	{"app add", admin_app_add},
	{"app list", admin_app_list},
	{"app remove", admin_app_remove},
	{"key add", admin_key_add},
	{"key list", admin_key_list},
	{"key change", admin_key_change},
	{"key remove", admin_key_remove},
	{"sts", admin_sts},
	{"tlsrpt", admin_tlsrpt},
	{"totp check", admin_totp_check},
	{"totp new", admin_totp_new},
	{"totp off", admin_totp_off},
	{"totp on", admin_totp_on},
	{"user add", admin_user_add},
	{"user change", admin_user_change},
	{"user list", admin_user_list},
	{"user password", admin_user_password},
	{"user remove", admin_user_remove},
	{"webhook add", admin_webhook_add},
	{"webhook dead", admin_webhook_dead},
	{"webhook list", admin_webhook_list},
	{"webhook redeliver", admin_webhook_redeliver},
	{"webhook remove", admin_webhook_remove},
	{"webhook test", admin_webhook_test},
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
