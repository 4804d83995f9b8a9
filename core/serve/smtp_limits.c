/* The limits of a role, by name. */
#include "serve/smtp_limits.h"

struct smtp_limits smtp_limits_of(const struct config *config, enum config_role role)
{
	const struct config_submission *submission = &config->submission;
	const struct config_receive *receive = &config->receive;

	if (role == CONFIG_ROLE_RECEIVE)
		return (struct smtp_limits){
			.message_size = receive->message_size,
			.recipients = receive->recipients,
			.messages_per_session = receive->messages_per_session,
			.errors = receive->errors,
			.command_timeout_ms = receive->command_timeout_ms,
			.data_timeout_ms = receive->data_timeout_ms,
			.message_timeout_ms = receive->message_timeout_ms,
			.session_timeout_ms = receive->session_timeout_ms,
		};
	return (struct smtp_limits){
		.message_size = submission->message_size,
		.recipients = submission->recipients,
		.messages_per_session = submission->messages_per_session,
		.errors = submission->errors,
		.command_timeout_ms = submission->command_timeout_ms,
		.data_timeout_ms = submission->data_timeout_ms,
		.message_timeout_ms = submission->message_timeout_ms,
		.session_timeout_ms = submission->session_timeout_ms,
	};
}
