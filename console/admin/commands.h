/* The functions that answer, for the table of commands (commands.c). */
#ifndef RINGPOST_ADMIN_COMMANDS_H
#define RINGPOST_ADMIN_COMMANDS_H

#include <stdbool.h>

#include "run/deadline.h"

struct admin_call;

/* In NAME.c each. */
bool admin_api_routes(struct admin_call *call, struct deadline deadline);
bool admin_bounces(struct admin_call *call, struct deadline deadline);
bool admin_mailbox(struct admin_call *call, struct deadline deadline);
bool admin_config_diff(struct admin_call *call, struct deadline deadline);
bool admin_eta(struct admin_call *call, struct deadline deadline);
bool admin_changes(struct admin_call *call, struct deadline deadline);
bool admin_domain_add(struct admin_call *call, struct deadline deadline);
bool admin_domain_list(struct admin_call *call, struct deadline deadline);
bool admin_domain_remove(struct admin_call *call, struct deadline deadline);
bool admin_domain_rotate(struct admin_call *call, struct deadline deadline);
bool admin_domain_show(struct admin_call *call, struct deadline deadline);
bool admin_events(struct admin_call *call, struct deadline deadline);
bool admin_send(struct admin_call *call, struct deadline deadline);
bool admin_status(struct admin_call *call, struct deadline deadline);
bool admin_site(struct admin_call *call, struct deadline deadline);
bool admin_sources(struct admin_call *call, struct deadline deadline);
bool admin_sites(struct admin_call *call, struct deadline deadline);
bool admin_returns_list(struct admin_call *call, struct deadline deadline);
bool admin_returns_look(struct admin_call *call, struct deadline deadline);
bool admin_sts(struct admin_call *call, struct deadline deadline);
bool admin_tlsrpt(struct admin_call *call, struct deadline deadline);
bool admin_message_act(struct admin_call *call, struct deadline deadline);
bool admin_message_events(struct admin_call *call, struct deadline deadline);
bool admin_message_list(struct admin_call *call, struct deadline deadline);
bool admin_message_show(struct admin_call *call, struct deadline deadline);
bool admin_queue_list(struct admin_call *call, struct deadline deadline);
bool admin_queue_count(struct admin_call *call, struct deadline deadline);
bool admin_queue_show(struct admin_call *call, struct deadline deadline);
bool admin_queue_body(struct admin_call *call, struct deadline deadline);
bool admin_queue_retry(struct admin_call *call, struct deadline deadline);
bool admin_queue_hold(struct admin_call *call, struct deadline deadline);
bool admin_queue_release(struct admin_call *call, struct deadline deadline);
bool admin_queue_drop(struct admin_call *call, struct deadline deadline);
bool admin_queue_rebind(struct admin_call *call, struct deadline deadline);
bool admin_app_add(struct admin_call *call, struct deadline deadline);
bool admin_app_list(struct admin_call *call, struct deadline deadline);
bool admin_app_remove(struct admin_call *call, struct deadline deadline);
bool admin_key_add(struct admin_call *call, struct deadline deadline);
bool admin_key_list(struct admin_call *call, struct deadline deadline);
bool admin_key_change(struct admin_call *call, struct deadline deadline);
bool admin_key_remove(struct admin_call *call, struct deadline deadline);
bool admin_key_show(struct admin_call *call, struct deadline deadline);
bool admin_suppression_add(struct admin_call *call, struct deadline deadline);
bool admin_suppression_check(struct admin_call *call, struct deadline deadline);
bool admin_suppression_list(struct admin_call *call, struct deadline deadline);
bool admin_suppression_remove(struct admin_call *call, struct deadline deadline);
bool admin_suspend(struct admin_call *call, struct deadline deadline);
bool admin_resume(struct admin_call *call, struct deadline deadline);
bool admin_suspensions(struct admin_call *call, struct deadline deadline);
bool admin_template_add(struct admin_call *call, struct deadline deadline);
bool admin_template_change(struct admin_call *call, struct deadline deadline);
bool admin_template_list(struct admin_call *call, struct deadline deadline);
bool admin_template_remove(struct admin_call *call, struct deadline deadline);
bool admin_template_render(struct admin_call *call, struct deadline deadline);
bool admin_template_show(struct admin_call *call, struct deadline deadline);
bool admin_totp_check(struct admin_call *call, struct deadline deadline);
bool admin_totp_new(struct admin_call *call, struct deadline deadline);
bool admin_totp_off(struct admin_call *call, struct deadline deadline);
bool admin_totp_on(struct admin_call *call, struct deadline deadline);
bool admin_top(struct admin_call *call, struct deadline deadline);
bool admin_trace(struct admin_call *call, struct deadline deadline);
bool admin_user_add(struct admin_call *call, struct deadline deadline);
bool admin_user_change(struct admin_call *call, struct deadline deadline);
bool admin_user_password(struct admin_call *call, struct deadline deadline);
bool admin_user_remove(struct admin_call *call, struct deadline deadline);
bool admin_user_show(struct admin_call *call, struct deadline deadline);
bool admin_user_list(struct admin_call *call, struct deadline deadline);
bool admin_webhook_add(struct admin_call *call, struct deadline deadline);
bool admin_webhook_change(struct admin_call *call, struct deadline deadline);
bool admin_webhook_dead(struct admin_call *call, struct deadline deadline);
bool admin_webhook_list(struct admin_call *call, struct deadline deadline);
bool admin_webhook_redeliver(struct admin_call *call, struct deadline deadline);
bool admin_webhook_remove(struct admin_call *call, struct deadline deadline);
bool admin_webhook_show(struct admin_call *call, struct deadline deadline);
bool admin_webhook_test(struct admin_call *call, struct deadline deadline);

#endif
