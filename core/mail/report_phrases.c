/* The phrases of bounces for people, in the languages they come in; see
 * report_phrases.h. */
#include "mail/report_phrases.h"

#include "base/memory.h"

static const struct {
	const char *style, *mark;
} styles[] = {
	{"qmail", "this is the qmail-send program"},
	{"qmail", "i wasn't able to deliver your message to the following address"},
	{"yahoo", "sorry, we were unable to deliver your message to the following"},
	{"exim", "this message was created automatically by mail delivery software"},
	{"exim", "a message that you sent could not be delivered to"},
	{"gmail", "delivery to the following recipient failed permanently"},
	{"gmail", "delivery to the following recipients failed permanently"},
	{"gmail", "technical details of permanent failure"},
	{"sendmail", "----- the following addresses had"},
	{"sendmail", "----- transcript of session follows"},
	{"exchange", "did not reach the following recipient(s)"},
	{"exchange", "did not reach some or all of the intended recipients"},
	{"exchange", "delivery has failed to these recipients"},
	{"exchange", "delivery to the following recipients failed"},
	{"exchange", "the following recipient(s) could not be reached"},
	{"exchange", "the following recipient(s) cannot be reached"},
	{"exchange", "bei der zustellung an folgende empfänger"},
	{"exchange", "échec de la remise à ces destinataires"},
	{"exchange", "no se pudo entregar el mensaje a estos destinatarios"},
	{"domino", "was not delivered to:"},
	{"domino", "wurde nicht zugestellt an:"},
	{"postfix", "this is the mail system at host"},
	{"postfix", "this is the postfix program at host"},
	{"opensmtpd", "this is the mailer-daemon, please do not reply to this e"},
	{"courier", "this is a delivery status notification from"},
	{"groupwise", "the message that you sent was undeliverable to the following"},
	{"communigate", "failed to deliver to '"},
	{"mdaemon", "the attached message had permanent fatal delivery errors"},
	{"smartermail", "could not deliver message to the following recipient(s)"},
	{"ses", "an error occurred while trying to deliver the mail to the following"},
	{"surgemail", "your message cannot be delivered to the following recipients"},
	{"ezweb", "each of the following recipients was rejected by a remote mail "
		  "server"},
	{"mailru", "это письмо создано автоматически сервером"},
	{"tencent", "您的邮件被退回"},
	{"netease", "您的邮件未能送达"},
};

/* clang-format off */
const char *const report_failures[] = {
	"could not be delivered", "couldn't be delivered", "cannot be delivered",
	"can't be delivered", "can not be delivered", "could not deliver",
	"unable to deliver", "not able to deliver", "wasn't able to deliver",
	"was not delivered", "wasn't delivered", "undeliverable", "undelivered",
	"delivery failed", "delivery failure", "delivery has failed", "failed to deliver",
	"permanent error", "permanent failure", "permanent fatal error",
	"returned to sender", "user unknown", "unknown user", "no such user",
	"mailbox full", "mailbox is full", "over quota", "quota exceeded",
	"exceeded storage allocation", "rejected your message", "message was rejected",
	"was undeliverable", "bounced", "did not reach", "address not found",
	"will not be retried", "not received by", "has been rejected",
	/* German */
	"nicht zugestellt werden", "nicht zustell", "unzustellbar",
	"nicht ausgeliefert werden", "zustellung fehlgeschlagen", "nicht zugestellt",
	/* French */
	"pas pu être remis", "pas pu être délivré", "pas pu être livré",
	"impossible de remettre", "impossible de livrer", "échec de la remise",
	"non remis", "échec de distribution", "pas été remis", "pas pu être envoyé",
	/* Spanish */
	"no se pudo entregar", "no pudo ser entregado", "no ha podido ser entregado",
	"no se ha podido entregar", "no entregado", "error de entrega",
	/* Portuguese */
	"não pôde ser entregue", "não foi entregue", "não foi possível entregar",
	"falha na entrega", "não pode ser entregue", "não entregue",
	/* Italian */
	"non è stato possibile recapitare", "non è stato recapitato", "mancato recapito",
	"mancata consegna", "non è stato consegnato", "impossibile recapitare",
	"non può essere recapitato", "non è stato possibile consegnare",
	/* Dutch */
	"niet worden afgeleverd", "niet worden bezorgd", "niet bezorgd", "onbestelbaar",
	/* Swedish, Danish, Norwegian, Finnish */
	"kunde inte levereras", "kunne ikke leveres", "kunne ikke afleveres",
	"ei voitu toimittaa",
	/* Polish, Czech, Hungarian, Romanian, Turkish */
	"nie została dostarczona", "nie może być dostarczona", "nie udało się dostarczyć",
	"nie mogła zostać dostarczona", "niedostarcz", "nebylo možné doručit",
	"nemohla být doručena", "nedoručiteln", "nem kézbesíthető",
	"nem sikerült kézbesíteni", "nu a putut fi livrat", "teslim edilemedi",
	"iletilemedi",
	/* Russian, Ukrainian */
	"не удалось доставить", "не может быть доставлено", "не было доставлено",
	"не доставлено", "невозможно доставить", "не можем доставить",
	"не вдалося доставити",
	/* Chinese, Japanese, Korean */
	"无法投递", "无法送达", "未能送达", "投递失败", "退信", "被退回", "無法投遞",
	"配信できません", "配信されませんでした", "送信できませんでした",
	"お届けできません", "届けることができません", "宛先不明", "전달할 수 없",
	"전송되지 못", "반송",
	NULL};

const char *const report_subjects[] = {
	"undeliver", "returned mail", "failure notice", "delivery status notification",
	"mail delivery failed", "mail delivery system", "mail system error",
	"non delivery", "non-delivery", "nondeliverable", "delivery notification",
	"mail could not", "could not send message", "return to sender", "bounce",
	"mail delivery problem", "mail failure", "message delivery", "delivery report",
	"warning: message", "delivery delay", "delayed mail", "returning message",
	"message you sent blocked", "mail rejected", "rejected mail",
	"fehlgeschlagen", "fehler bei der zustellung", "échec", "non distribué",
	"fallo en la entrega", "devuelto", "devolvida", "consegna non riuscita",
	"недоставленное", "недоставка", "возврат", "zwrot", "配信エラー", NULL};

const char *const report_delays[] = {
	"this is a warning message only", "you do not need to resend",
	"delivery attempts will continue", "will continue to be made",
	"has not yet been delivered", "hasn't been delivered yet",
	"will keep trying", "will continue to try", "we will try again",
	"delivery incomplete", "delivery is delayed", "delivery delayed",
	"has been delayed", "message delayed", "still being attempted",
	"could not send message for past", "no action is required on your part",
	"will be retried until", "delivery status notification (delay)",
	"zustellung verzögert", "wird weiterhin versucht", "weitere zustellversuche",
	"remise retardée", "livraison retardée", "nouvelle tentative",
	"entrega retrasada", "se seguirá intentando", "entrega atrasada",
	"consegna ritardata", "задержка доставки", "投递延迟", "配信遅延", NULL};

const char *const report_daemons[] = {
	"mailer-daemon", "mailer daemon", "mail-daemon", "maildaemon", "mailerdaemon",
	"mdaemon", "postmaster", "mail delivery", "delivery subsystem", "mail system",
	"mailsystem", "system administrator", "mail administrator", "microsoftexchange",
	"bounce", "mailgateway", "mail gateway", "delivery system", "systemadministrator",
	"email delivery", "smtp server", NULL};

const char *const report_answers[] = {
	"out of office", "out of the office", "automatic reply", "automatic response",
	"auto reply", "auto-reply", "autoreply", "auto response", "auto-response",
	"autoresponse", "auto:", "away from", "on vacation", "vacation reply",
	"abwesenheit", "automatische antwort", "nicht im büro", "réponse automatique",
	"absence", "absent du bureau", "respuesta automática", "fuera de la oficina",
	"resposta automática", "risposta automatica", "fuori ufficio",
	"automatisch antwoord", "afwezig", "autosvar", "frånvaro", "autoodpowied",
	"automatická odpověď", "automatikus válasz", "otomatik yanıt", "автоответ",
	"автоматический ответ", "自动回复", "自動回覆", "自動返信", "不在", "부재중", NULL};

const char *const report_copies[] = {
	"--- below this line is a copy", "--- enclosed are the original headers",
	"--- enclosed is a copy", "--- copy of", "--- the header of the original",
	"--- headers of the", "--- message header", "--- original header",
	"--- returned message", "--- forwarded message", "--- begin message",
	"------ this is a copy", "----- this is a copy", "----- original message",
	"-----original message", "--- original message", "----- unsent message",
	"----- message header", "----- returned message", "----- copy of",
	"below is a copy of the original message", "the header of the original message",
	"message headers follow", "message header follows", "original message follows",
	"original message headers", "original header", "the original message headers",
	"a copy of the message is", "your original message", "content of the original",
	"following is a copy of", "-----ursprüngliche nachricht", "----- ursprüngliche",
	"--- ursprüngliche nachricht", "ursprüngliche nachricht", "originalnachricht",
	"-----message d'origine", "--- message d'origine", "message original",
	"-----mensaje original", "--- mensaje original", "--- mensagem original",
	"-----messaggio originale", "--- messaggio originale", "исходное сообщение",
	"--- исходное", "原邮件", "return-path:", "received: ", "reporting-mta:",
	"x-originating-ip:", "dkim-signature:", NULL};

const char *const report_labels[] = {
	"to", "recipient", "recipients", "failed recipient", "recipient address", "for",
	"user", "user unknown", "unknown user", "address", "email", "e-mail", "mailbox",
	"rcpt to", "final recipient", "failed to deliver to", "undeliverable to",
	"delivery failed to", "delivery to", "could not be delivered to",
	"the following message to", "was not delivered to", "message to", "no such user",
	"recipient(s)", "intended recipient", "an", "empfänger", "à", "destinataire",
	"destinatario", "destinatário", "a", "para", "odbiorca", "adresat", "příjemce",
	"címzett", "alıcı", "ontvanger", "mottagare", "modtager", "получатель", "кому",
	"收件人", "收件人邮件地址", "宛先", "受信者", "받는 사람", NULL};

const char *const report_senders[] = {
	"from:", "sender:", "reply-to:", "return-path:", "envelope-from", "mail from",
	">>> mail from", "contact", "please contact", "von:", "absender:", "de:",
	"expéditeur:", "remitente:", "remetente:", "da:", "mittente:", "van:", "från:",
	"od:", "nadawca:", "от:", "отправитель:", "发件人", "差出人", "보낸 사람",
	"message-id:", "in-reply-to:", "references:", "questions", NULL};
/* clang-format on */

bool report_has_any(struct slice lower, const char *const *list)
{
	for (; *list; list++) {
		if (slice_find(lower, slice_of(*list)) < lower.size)
			return true;
	}
	return false;
}

bool report_begins_with(struct slice lower, const char *const *list)
{
	for (; *list; list++) {
		if (slice_starts(lower, slice_of(*list)))
			return true;
	}
	return false;
}

const char *report_style_of(struct slice lower)
{
	for (size_t i = 0; i < ARRAY_COUNT(styles); i++) {
		if (slice_find(lower, slice_of(styles[i].mark)) < lower.size)
			return styles[i].style;
	}
	return NULL;
}
