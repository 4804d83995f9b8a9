/* What report_read_test expects of each sample: kind, style; a line for each
 * recipient: action, address, status, code, words; the original. */
#ifndef RINGPOST_TESTS_REPORT_SAMPLES_H
#define RINGPOST_TESTS_REPORT_SAMPLES_H

/* clang-format off */
#define ID   "0k3x9wq2a7rt5m8n@mail.sender.example"
#define VERP "b.0k3x9wq2a7rt5m8n.4tz1@bounces.sender.example"
#define OF   "of <" ID "> path <" VERP ">"

static const struct {
	const char *file, *says;
} samples[] = {
	{"answer_german",
		"answer \n"},
	{"answer_vacation",
		"answer \n"},
	{"arf_abuse",
		"complaint arf abuse x2 from " VERP "\n"
		"failed <ann@receiver.example>  0 \n"
		OF "\n"},
	{"arf_auth_failure",
		"complaint arf auth-failure x1 from \n"
		"failed <bob@receiver.example>  0 \n"
		OF "\n"},
	{"arf_headers_only_redacted",
		"complaint arf abuse x1 from \n"
		"failed <6f3b9d2c1a@receiver.example>  0 \n"
		OF " id v1.0k3x9wq2a7rt5m8n.t1\n"},
	{"arf_not_spam",
		"complaint arf not-spam x1 from \n"
		"failed <bob@receiver.example>  0 \n"
		OF "\n"},
	{"arf_opt_out",
		"complaint arf opt-out x1 from \n"
		"failed <bob@receiver.example>  0 \n"
		OF "\n"},
	{"chinese",
		"words tencent\n"
		"failed <ann@receiver.example>  550 User not found\n"},
	{"chinese_netease",
		"words netease\n"
		"failed <ann@receiver.example>  552 邮箱已满\n"},
	{"communigate",
		"words communigate\n"
		"failed <ann@receiver.example>  0 LOCAL module(account ann) reports: "
		"account is full (quota exceeded)\n"},
	{"courier_report",
		"status rfc3464\n"
		"failed <ann@receiver.example> 5.0.0 550 User unknown. "
		"@store.receiver.example [10.0.0.5]\n"
		OF "\n"},
	{"czech",
		"words words\n"
		"failed <ann@receiver.example> 5.7.1 554 Přístup odepřen\n"},
	{"domino",
		"words domino\n"
		"failed <ann@receiver.example>  0 User ann (ann@receiver.example) not "
		"listed in Domino Directory\n"},
	{"dutch",
		"words words\n"
		"failed <ann@receiver.example> 5.2.2 0 Reden: mailbox vol (5.2.2)\n"},
	{"encoded_status",
		"status rfc3464\n"
		"failed <ann@receiver.example> 5.1.6 551 Moved\n"
		OF "\n"},
	{"exchange_2003_plain",
		"words exchange\n"
		"failed <ann@receiver.example>  0 \n"},
	{"exchange_55",
		"words exchange\n"
		"failed <ann@receiver.example>  0 on Sat, 21 Nov 2026 09:14:05 -0000 "
		"The recipient name is not recognized The MTS-ID of the original "
		"message is: c=US;a= ;p=Receiver;l=EX012611210914 "
		"MSEXCH:IMS:Receiver:HQ:EX01 0 (000C05A6) Unknown Recipient\n"},
	{"exchange_notfound",
		"status rfc3464\n"
		"failed <ann@receiver.example> 5.1.10 550 "
		"RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address "
		"lookup\n"
		OF "\n"},
	{"exim_4_96_delayed",
		"status rfc3464\n"
		"delayed <slow@receiver.example> 4.7.1 451 Greylisted, try again in "
		"300 seconds @127.0.0.1\n"
		OF "\n"},
	{"exim_4_96_delivered",
		"status rfc3464\n"
		"delivered <good@receiver.example> 2.0.0 0 250 Ok @127.0.0.1\n"
		OF "\n"},
	{"exim_4_96_full",
		"status rfc3464 envid order4711\n"
		"failed <full@receiver.example> 5.2.2 552 Mailbox is over quota "
		"@127.0.0.1\n"
		OF "\n"},
	{"exim_4_96_spam",
		"status rfc3464\n"
		"failed <spam@receiver.example> 5.7.1 554 Message refused: it looks "
		"like spam @127.0.0.1\n"
		OF "\n"},
	{"exim_4_96_unknown",
		"status rfc3464\n"
		"failed <ann@receiver.example> 5.1.1 550 <ann@receiver.example>: "
		"Recipient address rejected: User unknown @127.0.0.1\n"
		OF "\n"},
	{"exim_old",
		"words exim\n"
		"failed <ann@receiver.example> 5.1.1 550 <ann@receiver.example>: no "
		"such user here\n"
		OF "\n"},
	{"exim_report",
		"status rfc3464\n"
		"failed <ann@receiver.example> 5.2.2 552 Mailbox is over quota "
		"@store.receiver.example\n"
		OF "\n"},
	{"exim_warning",
		"words exim\n"
		"delayed <ann@receiver.example>  0 Delay reason: connection timed out\n"},
	{"ezweb",
		"words ezweb\n"
		"failed <ann@receiver.example>  550 <ann@receiver.example>: User "
		"unknown\n"},
	{"french",
		"words words\n"
		"failed <ann@receiver.example> 5.1.1 552 Adresse d au moins un "
		"destinataire invalide\n"},
	{"german_latin1",
		"words words\n"
		"failed <ann@receiver.example>  0 Grund: Das Postfach des Empfängers "
		"ist voll.\n"},
	{"gmail_delay",
		"words words\n"
		"delayed <bob@receiver.example>  0 Message will be retried for 2 more "
		"day(s)\n"},
	{"gmail_multiline",
		"status rfc3464\n"
		"failed <ann@receiver.example> 5.1.1 550 The email account that you "
		"tried to reach does not exist. Please try double-checking the "
		"recipient's email address for typos or unnecessary spaces. Learn "
		"more at https://help.example/NoSuchUser @mx.receiver.example. "
		"(203.0.113.25, the server for the domain receiver.example.)\n"
		OF "\n"},
	{"gmail_old",
		"words gmail\n"
		"failed <ann@receiver.example> 5.7.1 550 [192.0.2.10] Our system has "
		"detected that this message is likely unsolicited mail.\n"
		OF "\n"},
	{"gmx_german",
		"words exim\n"
		"failed <ann@receiver.example> 5.1.1 0 SMTP error from remote server "
		"after RCPT command: host: mx.receiver.example 5.1.1 "
		"<ann@receiver.example>: Recipient address rejected: undeliverable "
		"address\n"
		OF "\n"},
	{"groupwise",
		"words groupwise\n"
		"failed <ann@receiver.example>  0 (user not found)\n"},
	{"hostile_controls",
		"status rfc3464\n"
		"failed <ann@receiver.example> 5.1.1 550 ??ÿ? nasty?]0;x?\n"},
	{"human",
		"none \n"},
	{"ironport",
		"words words\n"
		"failed <ann@receiver.example> 5.1.1 550 user unknown\n"},
	{"italian",
		"words words\n"
		"failed <ann@receiver.example> 5.2.2 0 Motivo: casella di posta piena "
		"(5.2.2)\n"},
	{"japanese_2022",
		"words words\n"
		"failed <ann@receiver.example> 5.1.1 550 User unknown\n"},
	{"jmrp_attached",
		"complaint attached abuse x1 from \n"
		"failed <ann@receiver.example>  0 \n"
		OF "\n"},
	{"korean",
		"words words\n"
		"failed <ann@receiver.example> 5.1.1 550 No such user\n"},
	{"mention_only",
		"words words\n"
		"failed <ann@receiver.example>  0 was closed in October. For "
		"questions write to helpdesk@receiver.example.\n"},
	{"newsletter",
		"none \n"},
	{"no_blank_line",
		"status rfc3464\n"
		"failed <ann@receiver.example> 5.1.1 550 no such mailbox\n"},
	{"no_charset_french",
		"words words\n"
		"failed <ann@receiver.example>  0 car la boite aux lettres est pleine.\n"
		OF "\n"},
	{"nobody_named",
		"words words\n"
		"failed <> 5.6.0 554 Message contains invalid header.\n"},
	{"office365_html",
		"status rfc3464\n"
		"failed <ann@receiver.example> 5.7.133 550 "
		"RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication "
		"required; Delivery restriction check failed because the sender was "
		"not authenticated when sending to this group\n"},
	{"opensmtpd_6_8_delayed",
		"status rfc3464\n"
		"delayed <slow@receiver.example> 4.7.1 451 Greylisted, try again in "
		"300 seconds\n"
		"of <0k3x9wq2a7rt5m8n@mail.sender.example> path <>\n"},
	{"opensmtpd_6_8_full",
		"status rfc3464\n"
		"failed <full@receiver.example> 5.2.2 552 Mailbox is over quota\n"
		"of <0k3x9wq2a7rt5m8n@mail.sender.example> path <>\n"},
	{"opensmtpd_6_8_relayed",
		"status rfc3464\n"
		"relayed <good@receiver.example> 2.0.0 0 \n"
		"of <0k3x9wq2a7rt5m8n@mail.sender.example> path <>\n"},
	{"opensmtpd_6_8_spam",
		"status rfc3464\n"
		"failed <spam@receiver.example> 5.7.1 554 Message refused: it looks "
		"like spam\n"
		"of <0k3x9wq2a7rt5m8n@mail.sender.example> path <>\n"},
	{"opensmtpd_6_8_unknown",
		"status rfc3464\n"
		"failed <ann@receiver.example> 5.1.1 550 <ann@receiver.example>: "
		"Recipient address rejected: User unknown\n"
		"of <0k3x9wq2a7rt5m8n@mail.sender.example> path <>\n"},
	{"opensmtpd_old",
		"words opensmtpd\n"
		"failed <ann@receiver.example>  550 Invalid recipient\n"
		OF "\n"},
	{"polish",
		"words words\n"
		"failed <ann@receiver.example> 5.1.1 550 Nie ma takiej skrzynki\n"},
	{"portuguese",
		"words words\n"
		"failed <ann@receiver.example>  550 Usuário inexistente\n"},
	{"postfix_3_7_delayed",
		"status rfc3464\n"
		"delayed <slow@receiver.example> 4.7.1 451 Greylisted, try again in "
		"300 seconds @127.0.0.1\n"
		OF "\n"},
	{"postfix_3_7_full",
		"status rfc3464\n"
		"failed <full@receiver.example> 5.2.2 552 Mailbox is over quota "
		"@127.0.0.1\n"
		OF "\n"},
	{"postfix_3_7_relayed",
		"status rfc3464\n"
		"relayed <good@receiver.example> 2.0.0 0 250 2.0.0 Ok @127.0.0.1\n"
		OF "\n"},
	{"postfix_3_7_spam",
		"status rfc3464\n"
		"failed <spam@receiver.example> 5.7.1 554 Message refused: it looks "
		"like spam @127.0.0.1\n"
		OF "\n"},
	{"postfix_3_7_unknown",
		"status rfc3464\n"
		"failed <ann@receiver.example> 5.1.1 550 <ann@receiver.example>: "
		"Recipient address rejected: User unknown @127.0.0.1\n"
		OF "\n"},
	{"postfix_delayed",
		"status rfc3464\n"
		"delayed <bob@receiver.example> 4.4.1 0 connect to "
		"store.receiver.example[10.0.0.5]:24: Connection timed out\n"
		OF "\n"},
	{"postfix_delivered",
		"status rfc3464 envid order-4711\n"
		"delivered <bob@receiver.example> 2.0.0 0 delivery via lmtp: 250 "
		"2.0.0 Saved\n"
		OF "\n"},
	{"postfix_unknown",
		"status rfc3464\n"
		"failed <ann@receiver.example> 5.1.1 550 <ann@receiver.example>: "
		"Recipient address rejected: User unknown in virtual mailbox table "
		"@store.receiver.example\n"
		OF "\n"},
	{"qmail",
		"words qmail\n"
		"failed <ann@receiver.example> 5.1.1 0 Sorry, no mailbox here by that "
		"name. (#5.1.1)\n"
		"failed <bob@receiver.example>  552 mailbox full Giving up on "
		"203.0.113.77.\n"
		OF "\n"},
	{"receipt",
		"receipt \n"
		OF "\n"},
	{"relayed_no_dsn",
		"status rfc3464\n"
		"expanded <bob@receiver.example> 2.0.0 0 \n"
		OF "\n"},
	{"russian_1251",
		"words words\n"
		"failed <ann@receiver.example> 5.2.2 0 Причина: ящик переполнен "
		"(#5.2.2)\n"},
	{"russian_koi8",
		"words words\n"
		"failed <ann@receiver.example>  0 пользователь не найден\n"},
	{"sendmail_old",
		"words sendmail\n"
		"failed <ann@receiver.example>  550 <ann@receiver.example>... User "
		"unknown\n"
		"failed <bob@receiver.example>  552 <bob@receiver.example>... Message "
		"is too large\n"
		OF "\n"},
	{"sendmail_report",
		"status rfc3464\n"
		"failed <ann@receiver.example> 5.7.1 550 <ann@receiver.example>... "
		"Access denied @store.receiver.example\n"
		OF "\n"},
	{"sendmail_warning",
		"words sendmail\n"
		"delayed <ann@receiver.example>  451 <ann@receiver.example>... "
		"store.receiver.example: Name server timeout Warning: message still "
		"undelivered after 4 hours Will keep trying until message is 5 days old\n"},
	{"ses",
		"words ses\n"
		"failed <ann@receiver.example>  0 \n"
		"failed <bob@receiver.example>  0 \n"},
	{"smartermail",
		"words smartermail\n"
		"failed <ann@receiver.example>  550 No such recipient here\n"
		OF "\n"},
	{"spanish_html",
		"words words\n"
		"failed <ann@receiver.example> 5.2.2 554 mailbox full\n"},
	{"status_names_nobody",
		"words exchange\n"
		"failed <ann@receiver.example> 5.1.1 0 on 11/21/2026 9:14 AM The "
		"e-mail account does not exist at the organization this message was "
		"sent to. <mx.receiver.example #5.1.1>\n"
		OF "\n"},
	{"swedish_latin1",
		"words words\n"
		"failed <ann@receiver.example>  550 Okänd användare\n"},
	{"turkish",
		"words words\n"
		"failed <ann@receiver.example> 4.2.2 452 Kutu dolu\n"},
	{"two_recipients",
		"status rfc3464\n"
		"failed <ann@receiver.example> was <a.list@forward.example> 5.2.1 550 "
		"The account is disabled\n"
		"relayed <bob@receiver.example> 2.1.9 0  @old.receiver.example\n"
		OF "\n"},
	{"two_with_one_reason",
		"words words\n"
		"failed <ann@receiver.example> 5.7.1 550 Sender is not welcome here\n"
		"failed <bob@receiver.example> 5.7.1 550 Sender is not welcome here\n"},
	{"utf8_recipient",
		"status rfc3464\n"
		"failed <jörg@receiver.example> 5.1.1 550 unbekannter Empfänger\n"
		OF "\n"},
	{"yahoo",
		"words yahoo\n"
		"failed <ann@receiver.example> 5.7.1 554 delivery error: dd This user "
		"doesn't have a receiver.example account (ann@receiver.example) [-5] "
		"- mta4.example\n"
		OF "\n"},
};
/* clang-format on */

#endif
