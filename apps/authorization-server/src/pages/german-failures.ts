const TELL = 'sagen Sie es den Betreibern dieses Gateways';
const UNCHANGED = 'Nichts wurde geändert.';
const AGAIN = 'beginnen Sie noch einmal in der Anwendung';

/** What went wrong, is over, or is not there. */
export const GERMAN_FAILURES: Readonly<Record<string, string>> = {
  'The provider': 'Der Anbieter',
  'Go on after the set-up at {1}': 'Weiter nach der Einrichtung bei {1}',
  'Your sign-in can go on': 'Ihre Anmeldung kann weitergehen',
  '{1} sent you here after a set-up there, without saying to which sign-in that belongs. To protect you, the gateway used nothing of it.':
    '{1} hat Sie nach einer Einrichtung dort hierher geschickt, ohne zu sagen, zu welcher Anmeldung das gehört. Zu Ihrem Schutz hat das Gateway nichts davon benutzt.',
  '{1} sent you here without saying to which sign-in that belongs. To protect you, the gateway used nothing of it.':
    '{1} hat Sie hierher geschickt, ohne zu sagen, zu welcher Anmeldung das gehört. Zu Ihrem Schutz hat das Gateway nichts davon benutzt.',
  '{1} is still open in this browser, and nothing of it was lost.':
    '{1} ist in diesem Browser noch offen, und nichts davon ging verloren.',
  '{1} is open in this browser, and can go on.': '{1} ist in diesem Browser offen und kann weitergehen.',
  'Your sign-in': 'Ihre Anmeldung',
  'Your sign-in for “{1}”': 'Ihre Anmeldung für „{1}“',
  'Your visit to connect {1}': 'Ihr Besuch, um {1} zu verbinden,',
  'Go on with the sign-in': 'Weiter mit der Anmeldung',
  'Go on connecting': 'Weiter verbinden',

  'Connected already, and kept: {1}.': 'Schon verbunden, und das bleibt so: {1}.',
  'You can go on without it. Until you connect {1}, these will not work: {2}.':
    'Sie können ohne fortfahren. Solange Sie {1} nicht verbinden, geht dies nicht: {2}.',
  'Skip {1}': '{1} überspringen',
  '{1} did not give access': '{1} hat keinen Zugriff gegeben',
  'Access was declined at {1}, by you or by a rule of the organization.':
    'Der Zugriff wurde bei {1} abgelehnt, von Ihnen oder durch eine Regel der Organisation.',
  '{1} cannot be reached': '{1} ist nicht erreichbar',
  '{1} does not respond at the moment, or says that it is out of order.':
    '{1} antwortet zurzeit nicht oder meldet eine Störung.',
  '{1} answered with an error': '{1} hat mit einem Fehler geantwortet',
  '{1} refused the sign-in with an error. If that happens again, tell the people who run this gateway, with the reference below.': `{1} hat die Anmeldung mit einem Fehler abgelehnt. Wenn das noch einmal geschieht, ${TELL}, mit der Kennung unten.`,
  'The response of {1} was not valid': 'Die Antwort von {1} war nicht gültig',
  'The gateway could not verify the response of {1}, so it did not use it. If that happens again, tell the people who run this gateway, with the reference below.': `Das Gateway konnte die Antwort von {1} nicht prüfen und hat sie nicht benutzt. Wenn das noch einmal geschieht, ${TELL}, mit der Kennung unten.`,
  'This account belongs to somebody else': 'Dieses Konto gehört jemand anderem',
  'Another person here has already connected the account that you chose at {1}. Choose another account, or start again and sign in as that person.':
    'Das Konto, das Sie bei {1} gewählt haben, hat hier schon jemand anderes verbunden. Wählen Sie ein anderes Konto, oder beginnen Sie noch einmal und melden Sie sich als diese Person an.',
  'Try again with another account': 'Mit einem anderen Konto versuchen',
  'You may not sign in here': 'Sie dürfen sich hier nicht anmelden',
  'You are signed in at {1}, and this gateway does not let that account in.':
    'Sie sind bei {1} angemeldet, und dieses Gateway lässt dieses Konto nicht zu.',
  'You are signed in at {1} as {2}, and this gateway does not let that account in.':
    'Sie sind bei {1} als {2} angemeldet, und dieses Gateway lässt dieses Konto nicht zu.',
  'If you should have access, ask {1}, and tell them the reference below. Nothing of your account was kept.':
    'Wenn Sie Zugriff haben sollten, fragen Sie {1}, und nennen Sie die Kennung unten. Von Ihrem Konto wurde nichts aufbewahrt.',
  'Waiting for {1}': 'Warten auf {1}',
  'You are back from {1}, and the gateway is still waiting for its response. Nothing is lost.':
    'Sie sind zurück von {1}, und das Gateway wartet noch auf die Antwort. Nichts ist verloren.',
  'Look again': 'Noch einmal nachsehen',
  'On to {1}': 'Weiter zu {1}',
  'Accounts connected so far: {1}. {2} is next.': 'Bisher verbundene Konten: {1}. Als Nächstes kommt {2}.',
  'Go on': 'Weiter',

  'This link is for another account': 'Dieser Link ist für ein anderes Konto',
  'The application that sent you here and this browser are signed in as two different people. To protect both, nothing was connected.':
    'Die Anwendung, die Sie hierher geschickt hat, und dieser Browser sind als zwei verschiedene Personen angemeldet. Zum Schutz beider wurde nichts verbunden.',
  'If both accounts are yours, sign in here with the other one, then open the link again.':
    'Wenn beide Konten Ihre sind, melden Sie sich hier mit dem anderen an und öffnen Sie den Link noch einmal.',
  'Sign in with another account': 'Mit einem anderen Konto anmelden',
  'This link has ended': 'Dieser Link gilt nicht mehr',
  'The application that sent you here is no longer signed in, or this gateway has no provider of that name.':
    'Die Anwendung, die Sie hierher geschickt hat, ist nicht mehr angemeldet, oder dieses Gateway hat keinen Anbieter dieses Namens.',
  'Sign in again from the application. It will then ask for the provider.':
    'Melden Sie sich noch einmal aus der Anwendung an. Sie fragt dann nach dem Anbieter.',

  'Nothing is here': 'Hier ist nichts',
  'This gateway has no page at this address. Part of it may be missing, or it may be old.':
    'Dieses Gateway hat unter dieser Adresse keine Seite. Vielleicht fehlt ein Teil der Adresse, oder sie ist alt.',
  'If you came from an application, go back to it and start again from there. Nothing was changed.': `Wenn Sie aus einer Anwendung kommen, gehen Sie dorthin zurück und beginnen Sie dort noch einmal. ${UNCHANGED}`,
  'Show the page again': 'Seite noch einmal anzeigen',
  'Something went wrong here': 'Hier ist etwas schiefgegangen',
  'The gateway could not do this. It is not your fault, and the gateway has logged it.':
    'Das Gateway konnte das nicht tun. Es liegt nicht an Ihnen, und das Gateway hat es aufgezeichnet.',
  'Go back to the application and start signing in again. You can close this page.':
    'Gehen Sie zurück zur Anwendung und melden Sie sich dort noch einmal an. Sie können diese Seite schließen.',
  'Wait a moment, then go back and try again.':
    'Warten Sie einen Moment, gehen Sie dann zurück und versuchen Sie es noch einmal.',
  'Wait a moment, then start again from the application.': `Warten Sie einen Moment, dann ${AGAIN}.`,
  'This step is already over': 'Dieser Schritt ist schon vorbei',
  'A provider sent you to a step that is unknown here, or that is over. Nothing was changed.': `Ein Anbieter hat Sie zu einem Schritt geschickt, den es hier nicht gibt oder der vorbei ist. ${UNCHANGED}`,
  'This step took too long': 'Dieser Schritt hat zu lange gedauert',
  'You came back from the provider more than ten minutes after you left for it. Nothing was changed.': `Sie kamen erst mehr als zehn Minuten, nachdem Sie zum Anbieter gegangen waren, von dort zurück. ${UNCHANGED}`,
  'This sign-in began in another browser': 'Diese Anmeldung begann in einem anderen Browser',
  'You began to sign in in another browser or window, or this browser does not keep cookies. To protect you, the sign-in goes on only where it began. Nothing was changed.': `Sie haben die Anmeldung in einem anderen Browser oder Fenster begonnen, oder dieser Browser behält keine Cookies. Zu Ihrem Schutz geht sie nur dort weiter, wo sie begann. ${UNCHANGED}`,
  'Go back to the window where you began, or start again from the application.': `Gehen Sie zurück zu dem Fenster, in dem Sie begonnen haben, oder ${AGAIN}.`,
  'The response is from another provider': 'Die Antwort kommt von einem anderen Anbieter',
  'You were sent to one provider, and the response is from another one. To protect you, it was not used and not passed on. Nothing was changed.': `Sie wurden zu einem Anbieter geschickt, und die Antwort kommt von einem anderen. Zu Ihrem Schutz wurde sie weder benutzt noch weitergegeben. ${UNCHANGED}`,
  'Start again from the application. If it happens again, tell the people who run this gateway.': `Bitte ${AGAIN}. Wenn es noch einmal geschieht, ${TELL}.`,
  'This sign-in is not set up safely': 'Diese Anmeldung ist nicht sicher eingerichtet',
  'The gateway could not tell the responses of this provider from those of another one, so it did not send you there. Nothing was changed.': `Das Gateway könnte die Antworten dieses Anbieters nicht von denen eines anderen unterscheiden. Darum hat es Sie nicht dorthin geschickt. ${UNCHANGED}`,
  'Tell the people who run this gateway. Its documentation says under this code what they can do.':
    'Sagen Sie es den Betreibern dieses Gateways. In der Dokumentation steht unter diesem Code, was sie tun können.',
  'This step has ended': 'Dieser Schritt ist beendet',
  'It was finished or cancelled, or it was left for too long. Nothing was changed.': `Er wurde abgeschlossen oder abgebrochen, oder er blieb zu lange liegen. ${UNCHANGED}`,
  'If you still have to sign in or to connect something, start again from the application.': `Wenn Sie sich noch anmelden oder etwas verbinden müssen, ${AGAIN}.`,
  'This sign-in cannot go on here': 'Diese Anmeldung kann hier nicht weitergehen',
  'It began in another browser or too long ago, or this browser does not keep cookies. To protect you, it goes on only in the browser where it began. Nothing was changed.': `Sie begann in einem anderen Browser oder vor zu langer Zeit, oder dieser Browser behält keine Cookies. Zu Ihrem Schutz geht sie nur in dem Browser weiter, in dem sie begann. ${UNCHANGED}`,
  'If you began it yourself, go back to that browser. To sign in with this one, go back to the application and start again. You are then asked here first.':
    'Wenn Sie sie selbst begonnen haben, gehen Sie zurück zu jenem Browser. Um sich mit diesem anzumelden, gehen Sie zurück zur Anwendung und beginnen Sie noch einmal. Sie werden dann zuerst hier gefragt.',
  'This request is not valid': 'Diese Anfrage ist nicht gültig',
  'Something in the address or in the form is missing or not valid. Nothing was changed.': `Etwas in der Adresse oder im Formular fehlt oder ist nicht gültig. ${UNCHANGED}`,
  'This page is not current any more': 'Diese Seite ist nicht mehr aktuell',
  'It was open for too long, or you have signed in or out in another window since, or the form is of another page. Nothing was changed.': `Sie war zu lange offen, oder Sie haben sich inzwischen in einem anderen Fenster an- oder abgemeldet, oder das Formular gehört zu einer anderen Seite. ${UNCHANGED}`,
  'Have the page shown again, and answer it there.':
    'Lassen Sie die Seite noch einmal anzeigen und antworten Sie dort.',
  'A part of the gateway is unavailable': 'Ein Teil des Gateways ist nicht verfügbar',
  'A sign-in that has begun is kept.': 'Eine begonnene Anmeldung bleibt erhalten.',
  'Too many requests': 'Zu viele Anfragen',
  'That took too long': 'Das hat zu lange gedauert',

  'How to do that': 'So geht das',
  'its host': 'ihrem Host',
  'The description of this application cannot be read': 'Die Beschreibung dieser Anwendung ist nicht lesbar',
  'The id of the application is the address of its description, at {1}. The gateway cannot reach that host.':
    'Die Kennung der Anwendung ist die Adresse ihrer Beschreibung, bei {1}. Das Gateway kann diesen Host nicht erreichen.',
  'Start again from the application: many applications now sign in without that description. If this page comes back, tell the people who run this gateway that it cannot reach {1}.':
    'Beginnen Sie noch einmal in der Anwendung: viele melden sich jetzt ohne diese Beschreibung an. Wenn diese Seite wiederkommt, sagen Sie den Betreibern dieses Gateways, dass keine Verbindung zu {1} gelingt.',
  'Make the application forget how it signed in here, so that it registers anew. Then sign in again from there.':
    'Lassen Sie die Anwendung vergessen, wie sie sich hier angemeldet hat, damit sie sich neu registriert. Melden Sie sich dann von dort noch einmal an.',
  'This application is not known here': 'Diese Anwendung ist hier nicht bekannt',
  'The application shows an id that this gateway does not have, or not any more. It goes on using that id until you make it forget it.':
    'Die Anwendung zeigt eine Kennung, die dieses Gateway nicht oder nicht mehr hat. Sie benutzt diese weiter, bis Sie sie vergessen lassen.',
  'The id of the application is the address of its description. The gateway could not read it there, or does not accept it.':
    'Die Kennung der Anwendung ist die Adresse ihrer Beschreibung. Das Gateway konnte sie dort nicht lesen oder akzeptiert sie nicht.',
  'Wait a moment, then start again from the application. If this page comes back, tell the people who run this gateway: it may not be able to reach that address.': `Warten Sie einen Moment, dann ${AGAIN}. Wenn diese Seite wiederkommt, ${TELL}: vielleicht erreicht es jene Adresse nicht.`,
  'The return address is not registered': 'Die Rücksprungadresse ist nicht registriert',
  'The application asked the gateway to send you to an address that it has not registered, so the gateway does not send you there.':
    'Die Anwendung wollte Sie zu einer Adresse schicken lassen, die sie nicht registriert hat. Das Gateway schickt Sie dort nicht hin.',
  'The request of the application is not valid.': 'Die Anfrage der Anwendung ist nicht gültig.',
  'The request of the application is not valid: {1}.': 'Die Anfrage der Anwendung ist nicht gültig: {1}.',
  'Start again from the application. If this page comes back, tell the makers of the application the code below.': `Bitte ${AGAIN}. Wenn diese Seite wiederkommt, nennen Sie den Code unten den Herstellern der Anwendung.`,
  'This sign-in is finished': 'Diese Anmeldung ist abgeschlossen',
  'The application has its answer. Go back to it; you can close this page.':
    'Die Anwendung hat ihre Antwort. Gehen Sie dorthin zurück; Sie können diese Seite schließen.',
  'If it still asks you to sign in, start again from there.':
    'Wenn sie immer noch um Anmeldung bittet, beginnen Sie dort noch einmal.',
  'This sign-in is over': 'Diese Anmeldung ist vorbei',
  'It has ended since, or the application did not come for its answer in time.':
    'Sie wurde inzwischen beendet, oder die Anwendung hat ihre Antwort nicht rechtzeitig abgeholt.',
  'If the application is not signed in, start again from there.':
    'Wenn die Anwendung nicht angemeldet ist, beginnen Sie dort noch einmal.',
};
