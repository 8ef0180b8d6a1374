import { GERMAN_FAILURES } from './german-failures.js';
import { GERMAN_SCOPES } from './german-scopes.js';

/**
 * The pages in German, by their English text (`t`): `{1}`, `{2}` … are its values. `tools/checks/texts.mjs` fails when one is missing,
 * or is said by no page any more.
 */
export const GERMAN: Readonly<Record<string, string>> = {
  ...GERMAN_SCOPES,
  ...GERMAN_FAILURES,
  en: 'de',
  Help: 'Hilfe',
  Terms: 'Nutzungsbedingungen',
  Cancel: 'Abbrechen',
  Reference: 'Kennung',
  Code: 'Code',
  'Try again': 'Noch einmal versuchen',
  Access: 'Zugriff',
  'Used by': 'Benutzt von',
  'Signed in as': 'Angemeldet als',
  'Signed in as {1}': 'Angemeldet als {1}',
  'Your connections': 'Ihre Verbindungen',
  'See all your connections': 'Alle Ihre Verbindungen',
  'Sign in': 'Anmelden',
  'Sign out': 'Abmelden',
  'just now': 'gerade eben',
  'on {1}': 'am {1}',
  'the people who run this gateway': 'die Betreiber dieses Gateways',

  'What this gateway is': 'Was dieses Gateway ist',
  'This gateway connects your applications to your services':
    'Dieses Gateway verbindet Ihre Anwendungen mit Ihren Diensten',
  'An application that works with MCP, such as an assistant or an editor, connects to this gateway once. You sign in here, and the application then uses the services behind it as you. It never sees your passwords.':
    'Eine Anwendung, die MCP spricht, etwa ein Assistent oder ein Editor, verbindet sich einmal mit diesem Gateway. Sie melden sich hier an, und die Anwendung benutzt dann in Ihrem Namen die Dienste dahinter. Ihre Passwörter sieht sie nie.',
  'For your application': 'Für Ihre Anwendung',
  'At your connections you see which accounts you connected and which applications work on your behalf, and you can end either.':
    'Bei Ihren Verbindungen sehen Sie, welche Konten Sie verbunden haben und welche Anwendungen in Ihrem Namen arbeiten, und können beides beenden.',

  'Allow {1}?': '{1} zulassen?',
  'Allow “{1}” to work on your behalf?': '„{1}“ in Ihrem Namen arbeiten lassen?',
  'Allow “{1}” to administer this gateway as you?': '„{1}“ dieses Gateway in Ihrem Namen verwalten lassen?',
  'It will be able to see and end the accounts, sessions and connections of everybody, and to change what applications may do. It never sees your passwords.':
    'Sie kann Konten, Sitzungen und Verbindungen aller sehen und beenden und ändern, was Anwendungen dürfen. Ihre Passwörter sieht sie nie.',
  "It will use the services behind this gateway as you. It never sees your passwords or the providers' tokens.":
    'Sie benutzt dann die Dienste hinter diesem Gateway wie Sie selbst. Ihre Passwörter und die Token der Anbieter sieht sie nie.',
  Application: 'Anwendung',
  'Described by': 'Beschrieben von',
  'Sends you back to': 'Schickt Sie zurück zu',
  'Only for': 'Nur für',
  'It will be able to use': 'Sie kann dann benutzen',
  'It also asks for permission to': 'Sie bittet außerdem um die Erlaubnis',
  Approve: 'Zulassen',
  'Not you?': 'Sind Sie das nicht?',
  'Use another account': 'Anderes Konto benutzen',
  'Use {1}': '{1} zu benutzen',
  'Use {1} of {2}': '{1} von {2} zu benutzen',
  Scope: 'Berechtigung (Scope)',
  'every tool': 'jedes Werkzeug',
  optional: 'freiwillig',
  'when needed': 'bei Bedarf',
  'You sign in there as well. This application cannot use it.':
    'Auch dort melden Sie sich an. Diese Anwendung kann es nicht benutzen.',
  'You enter it yourself, at your connections.': 'Das geben Sie selbst ein, bei Ihren Verbindungen.',
  'Without an account of yours': 'Ohne ein Konto von Ihnen',
  'an address that cannot be read': 'einer Adresse, die nicht lesbar ist',
  'an application that opens {1} links': 'einer Anwendung, die Links mit {1} öffnet',
  'This application did not prove who it is, so its name cannot be checked. Go on only if you have just started signing in from it.':
    'Diese Anwendung hat nicht nachgewiesen, wer sie ist. Ihr Name lässt sich also nicht prüfen. Fahren Sie nur fort, wenn Sie die Anmeldung gerade selbst aus ihr begonnen haben.',
  'This application runs on a computer, not on a web site, so its name cannot be checked. Go on only if you have just started signing in from it on {1} computer.':
    'Diese Anwendung läuft auf einem Computer und nicht auf einer Website. Ihr Name lässt sich also nicht prüfen. Fahren Sie nur fort, wenn Sie die Anmeldung gerade selbst aus ihr auf {1} Computer begonnen haben.',
  this: 'diesem',
  'Continue as {1}?': 'Als {1} fortfahren?',
  yourself: 'Sie selbst',
  '“{1}” asks to be signed in again. You approved it before, and the accounts you connected are still good.':
    '„{1}“ bittet erneut um Anmeldung. Sie haben die Anwendung schon zugelassen, und die verbundenen Konten gelten noch.',
  '“{1}” asks to be signed in again. You approved it before.':
    '„{1}“ bittet erneut um Anmeldung. Sie haben die Anwendung schon zugelassen.',
  Continue: 'Fortfahren',
  'Back to {1}': 'Zurück zu {1}',
  'Sign in as somebody else': 'Als jemand anderes anmelden',

  'Sign in on a device': 'Auf einem Gerät anmelden',
  'A device or a program asked you to open this page. Enter the code that it shows you.':
    'Ein Gerät oder ein Programm hat Sie gebeten, diese Seite zu öffnen. Geben Sie den Code ein, den es Ihnen zeigt.',
  'This code cannot be used. Compare it with the device. If it is right, it has run out or was used already: have the device show you another one.':
    'Dieser Code kann nicht benutzt werden. Vergleichen Sie ihn mit dem Gerät. Wenn er stimmt, ist er abgelaufen oder wurde schon benutzt: Lassen Sie sich vom Gerät einen anderen zeigen.',
  'Is this the code on your device?': 'Ist das der Code auf Ihrem Gerät?',
  'Continue only if a device that you are using shows this code at this moment. If somebody sent you this link, close the page: the device may be theirs, and it would be signed in as you.':
    'Fahren Sie nur fort, wenn ein Gerät, das Sie benutzen, in diesem Moment diesen Code zeigt. Wenn jemand Ihnen diesen Link geschickt hat, schließen Sie die Seite: Das Gerät gehört vielleicht dieser Person, und es würde in Ihrem Namen angemeldet.',
  'Yes, continue': 'Ja, fortfahren',
  'Enter another code': 'Anderen Code eingeben',
  'Code on the device': 'Code auf dem Gerät',
  'A device or a program without a browser will be signed in as you. Go on only if you are using it now, and it shows {1}. If somebody else told or sent you the code, cancel.':
    'Ein Gerät oder ein Programm ohne Browser wird in Ihrem Namen angemeldet. Fahren Sie nur fort, wenn Sie es gerade benutzen und es {1} zeigt. Wenn jemand anderes Ihnen den Code genannt oder geschickt hat, brechen Sie ab.',
  'this code': 'diesen Code',
  '“{1}” asks to be signed in on a device. You approved it before.':
    '„{1}“ bittet um Anmeldung auf einem Gerät. Sie haben die Anwendung schon zugelassen.',
  'The device is signed in': 'Das Gerät ist angemeldet',
  'Go back to it: it goes on by itself within a few seconds. You can close this page.':
    'Gehen Sie zum Gerät zurück: Es macht in wenigen Sekunden von selbst weiter. Diese Seite können Sie schließen.',
  'The device is not signed in': 'Das Gerät ist nicht angemeldet',
  'It is told so. You can close this page. To sign in after all, have the device show you another code.':
    'Das wird ihm mitgeteilt. Diese Seite können Sie schließen. Um sich doch anzumelden, lassen Sie sich vom Gerät einen anderen Code zeigen.',
  'This code has run out': 'Dieser Code ist abgelaufen',
  'The device was not signed in. Have it show you another code, and enter that one.':
    'Das Gerät wurde nicht angemeldet. Lassen Sie sich von ihm einen anderen Code zeigen und geben Sie diesen ein.',

  'Connect {1}': '{1} verbinden',
  '{1} needs your account at {2} to go on.': '{1} braucht Ihr Konto bei {2}, um weiterzumachen.',
  'An application that you use': 'Eine Anwendung, die Sie benutzen,',
  '“{1}”': '„{1}“',
  'You sign in first, so that the connection goes to the right account.':
    'Sie melden sich zuerst an, damit die Verbindung zum richtigen Konto kommt.',
  'Continue to {1}': 'Weiter zu {1}',
  '{1} is connected': '{1} ist verbunden',
  'Go back to your application and try again there. It works from the next call on. You can close this page.':
    'Gehen Sie zurück zu Ihrer Anwendung und versuchen Sie es dort noch einmal. Ab dem nächsten Aufruf geht es. Diese Seite können Sie schließen.',
  'Nothing was connected': 'Nichts wurde verbunden',
  'Nothing was changed. You can close this page.': 'Nichts wurde geändert. Sie können diese Seite schließen.',
  'No account yet': 'Noch kein Konto',
  'You have no account here yet': 'Sie haben hier noch kein Konto',
  'You get an account when you sign in from an application for the first time. Add this gateway to your application and sign in there.':
    'Ein Konto bekommen Sie, wenn Sie sich zum ersten Mal aus einer Anwendung anmelden. Fügen Sie dieses Gateway Ihrer Anwendung hinzu und melden Sie sich dort an.',

  'Accounts at providers': 'Konten bei Anbietern',
  'Applications that work on your behalf': 'Anwendungen, die in Ihrem Namen arbeiten',
  'None at the moment.': 'Zurzeit keine.',
  'Sign out of this browser': 'In diesem Browser abmelden',
  'Sign out of all applications': 'In allen Anwendungen abmelden',
  'Sign out everywhere': 'Überall abmelden',
  'Signed in {1} times': '{1}-mal angemeldet',
  'Signed in {1}, last used {2}': 'Angemeldet {1}, zuletzt benutzt {2}',
  Connect: 'Verbinden',
  'Connect again': 'Neu verbinden',
  'As {1}, connected {2}': 'Als {1}, verbunden {2}',
  Disconnect: 'Trennen',
  'not connected': 'nicht verbunden',
  connected: 'verbunden',
  'needs you to sign in again': 'neue Anmeldung nötig',
  'being checked': 'wird geprüft',
  'You are not signed in here': 'Sie sind hier nicht angemeldet',
  'Sign in to see which accounts you connected and which applications work on your behalf.':
    'Melden Sie sich an, um zu sehen, welche Konten Sie verbunden haben und welche Anwendungen in Ihrem Namen arbeiten.',

  'Secrets that you enter': 'Geheimnisse, die Sie eingeben',
  'Each is kept sealed, is sent to the servers that are named beside it, and is never shown again.':
    'Jedes wird versiegelt aufbewahrt, an die daneben genannten Server gesendet und nie wieder angezeigt.',
  entered: 'eingegeben',
  'not entered': 'nicht eingegeben',
  'Entered {1}': 'Eingegeben {1}',
  'Sent to': 'Gesendet an',
  'Where you get one': 'Wo Sie eines bekommen',
  Remove: 'Entfernen',
  'Replace your {1}': 'Ersetzen: {1}',
  'Your {1}': 'Eingeben: {1}',
  Save: 'Speichern',
  'This was not saved': 'Das wurde nicht gespeichert',
  'Your {1} was not saved': 'Nicht gespeichert: {1}',
  'It has to be 1 to {1} letters, digits and signs of the English keyboard, in one line. Copy it again without anything around it.':
    'Erlaubt sind 1 bis {1} Buchstaben, Ziffern und Zeichen der englischen Tastatur in einer Zeile. Kopieren Sie es noch einmal, ohne etwas darum herum.',
  'Enter your {1}': 'Eingeben: {1}',
  'An application that you use needs your {1} for {2}. You sign in first, so that it goes to the right account, and enter it on the page with your connections.':
    'Eine Anwendung, die Sie benutzen, braucht „{1}“ von Ihnen für {2}. Sie melden sich zuerst an, damit es zum richtigen Konto kommt, und geben es auf der Seite mit Ihren Verbindungen ein.',
  'Continue to sign in': 'Weiter zur Anmeldung',

  'Sign out?': 'Abmelden?',
  'You were sent here to be signed out.': 'Sie wurden hierher geschickt, um abgemeldet zu werden.',
  '“{1}” sent you here to be signed out.': '„{1}“ hat Sie hierher geschickt, um abgemeldet zu werden.',
  'You are signed in as {1}.': 'Sie sind angemeldet als {1}.',
  'This signs “{1}” and this browser out.': 'Das meldet „{1}“ und diesen Browser ab.',
  'This signs this browser out.': 'Das meldet diesen Browser ab.',
  'Other applications stay signed in until you end them at your connections.':
    'Andere Anwendungen bleiben angemeldet, bis Sie sie bei Ihren Verbindungen beenden.',
  'Stay signed in': 'Angemeldet bleiben',
  'You are signed out': 'Sie sind abgemeldet',
  'Nobody is signed in to this gateway in this browser. You can close this page.':
    'In diesem Browser ist niemand bei diesem Gateway angemeldet. Sie können diese Seite schließen.',
};
