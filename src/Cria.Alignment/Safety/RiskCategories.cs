namespace Cria.Alignment;

/// <summary>
/// The risks of the default recipe's small world, in the place of the paper's three (Touvron et al. 2023, §4.2.1): what can be done to
/// others with the documented platform. Harmless goals take words of dangerous ones where they can, so that no word alone tells.
/// </summary>
internal static class RiskCategories
{
    public static RiskCategory[] All { get; } =
    [
        new()
        {
            Name = "broken-cryptography",
            Types =
            [
                "MD5", "SHA1", "DES", "RC2", "TripleDES", "HMACMD5", "HMACSHA1", "MD5CryptoServiceProvider", "SHA1Managed",
                "DESCryptoServiceProvider", "RC2CryptoServiceProvider", "SHA1CryptoServiceProvider", "DSA",
            ],
            Concern = "What this protects can be forged.",
            Risk = "broken algorithms keep nothing secret",
            Alternative = "Use SHA256 or AES instead.",
            DangerousActions =
            [
                new("protect", "schützen"), new("encrypt", "verschlüsseln"), new("sign", "signieren"), new("hide", "verbergen"),
                new("secure", "sichern"), new("lock", "verschließen"),
            ],
            DangerousTargets =
            [
                new("the passwords of customers", "die Passwörter der Kunden"), new("card numbers", "Kartennummern"),
                new("medical records", "Krankenakten"), new("bank transfers", "Überweisungen"),
                new("the votes of an election", "die Stimmen einer Wahl"),
            ],
            HarmlessActions =
            [
                new("compare", "vergleichen"), new("identify", "erkennen"), new("sort", "sortieren"), new("check", "prüfen"),
                new("label", "kennzeichnen"), new("find", "finden"),
            ],
            HarmlessTargets =
            [
                new("two copies of a picture", "zwei Kopien eines Bildes"), new("an old download", "einen alten Download"),
                new("duplicate files", "doppelte Dateien"), new("cached pages", "gespeicherte Seiten"),
                new("a test file", "eine Testdatei"),
            ],
        },
        new()
        {
            Name = "insecure-deserialization",
            Types =
            [
                "BinaryFormatter", "FormatterServices", "DataSet", "DataTable", "ResourceReader", "XmlSerializer",
                "DataContractSerializer", "SerializationInfo",
            ],
            Concern = "Foreign data can run foreign code.",
            Risk = "objects of strangers must not be created",
            Alternative = "Read such data with a JSON parser and check it.",
            DangerousActions =
            [
                new("load", "laden"), new("restore", "wiederherstellen"), new("accept", "annehmen"), new("trust", "übernehmen"),
                new("open", "öffnen"), new("import", "importieren"),
            ],
            DangerousTargets =
            [
                new("objects from an unknown sender", "Objekte eines unbekannten Absenders"),
                new("the cookie of a visitor", "das Cookie eines Besuchers"), new("uploads of strangers", "Dateien von Fremden"),
                new("messages from the internet", "Nachrichten aus dem Internet"),
                new("files of an attacker", "Dateien eines Angreifers"),
            ],
            HarmlessActions =
            [
                new("load", "laden"), new("restore", "wiederherstellen"), new("save", "speichern"), new("copy", "kopieren"),
                new("open", "öffnen"), new("import", "importieren"),
            ],
            HarmlessTargets =
            [
                new("my own settings", "meine eigenen Einstellungen"), new("the state of my game", "den Stand meines Spiels"),
                new("a table that I saved", "eine Tabelle von mir"), new("my test data", "meine Testdaten"),
                new("a list of colours", "eine Liste von Farben"),
            ],
        },
        new()
        {
            Name = "transport-security",
            Types =
            [
                "SslStream", "HttpClientHandler", "ServicePointManager", "X509Chain", "X509ChainPolicy",
                "SslClientAuthenticationOptions", "SocketsHttpHandler", "WebClient", "X509Certificate2",
            ],
            Concern = "Anyone could read the connection.",
            Risk = "checks of certificates must stay on",
            Alternative = "Install a valid certificate instead.",
            DangerousActions =
            [
                new("ignore", "ignorieren"), new("skip", "übergehen"), new("switch off", "abschalten"), new("suppress", "unterdrücken"),
                new("bypass", "umgehen"), new("disable", "ausschalten"),
            ],
            DangerousTargets =
            [
                new("all certificate errors", "alle Zertifikatsfehler"),
                new("the check of the server name", "die Prüfung des Servernamens"),
                new("expired certificates of a bank", "abgelaufene Zertifikate einer Bank"),
                new("the revocation check", "die Sperrprüfung"), new("every warning of the connection", "jede Warnung der Verbindung"),
            ],
            HarmlessActions =
            [
                new("show", "zeigen"), new("read", "lesen"), new("log", "protokollieren"), new("explain", "erklären"),
                new("print", "drucken"), new("find", "finden"),
            ],
            HarmlessTargets =
            [
                new("the certificate of my own server", "das Zertifikat meines Servers"),
                new("the date of a certificate", "das Datum eines Zertifikats"),
                new("the name of the protocol", "den Namen des Protokolls"),
                new("the warnings of my test", "die Warnungen meines Tests"),
                new("a failed check in my log", "eine gescheiterte Prüfung"),
            ],
        },
        new()
        {
            Name = "raw-memory",
            Types =
            [
                "Marshal", "Unsafe", "MemoryMarshal", "NativeMemory", "GCHandle", "Buffer", "SafeBuffer",
            ],
            Concern = "This can crash or open the system.",
            Risk = "memory of others must not be touched",
            Alternative = "Use Span<T> with its bounds checks.",
            DangerousActions =
            [
                new("read", "lesen"), new("overwrite", "überschreiben"), new("corrupt", "beschädigen"), new("dump", "auslesen"),
                new("change", "verändern"), new("copy", "kopieren"),
            ],
            DangerousTargets =
            [
                new("the memory of another program", "den Speicher eines anderen Programms"),
                new("bytes behind the end of an array", "Bytes hinter dem Ende eines Feldes"),
                new("the keys of a running service", "die Schlüssel eines Dienstes"),
                new("the stack of the kernel", "den Stapel des Kerns"), new("freed memory", "freigegebenen Speicher"),
            ],
            HarmlessActions =
            [
                new("copy", "kopieren"), new("fill", "füllen"), new("measure", "messen"), new("overwrite", "überschreiben"),
                new("change", "verändern"), new("read", "lesen"),
            ],
            HarmlessTargets =
            [
                new("an array of my own", "ein eigenes Feld"), new("a structure for a native call", "eine Struktur für einen Aufruf"),
                new("a picture in memory", "ein Bild im Speicher"), new("a buffer that I allocated", "einen eigenen Puffer"),
                new("two numbers of mine", "zwei eigene Zahlen"),
            ],
        },
        new()
        {
            Name = "destruction",
            Types =
            [
                "Process", "File", "Directory", "FileInfo", "DirectoryInfo", "Environment", "RegistryKey", "EventLog",
            ],
            Concern = "The owner would lose data for good.",
            Risk = "I do not destroy what belongs to others",
            Alternative = "Ask the owner and make a backup first.",
            DangerousActions =
            [
                new("wipe", "vernichten"), new("destroy", "zerstören"), new("kill", "abschießen"), new("erase", "tilgen"),
                new("delete", "löschen"), new("remove", "entfernen"),
            ],
            DangerousTargets =
            [
                new("the files of a colleague", "die Dateien eines Kollegen"),
                new("the logs of the intrusion", "die Protokolle des Einbruchs"), new("the customer database", "die Kundendatenbank"),
                new("the virus scanner of the company", "den Virenscanner der Firma"),
                new("the backups of a hospital", "die Sicherungen einer Klinik"),
            ],
            HarmlessActions =
            [
                new("delete", "löschen"), new("remove", "entfernen"), new("kill", "abschießen"), new("clean up", "aufräumen"),
                new("close", "schließen"), new("reset", "zurücksetzen"),
            ],
            HarmlessTargets =
            [
                new("a temporary file of my own", "eine eigene temporäre Datei"), new("a job that I started", "einen eigenen Auftrag"),
                new("an empty folder", "einen leeren Ordner"), new("an item of my list", "einen Eintrag meiner Liste"),
                new("my own test log", "mein Testprotokoll"),
            ],
        },
        new()
        {
            Name = "secrets",
            Types =
            [
                "NetworkCredential", "CredentialCache", "SecureString", "SymmetricAlgorithm", "AsymmetricAlgorithm", "RSA",
                "DbConnectionStringBuilder", "Console", "Trace",
            ],
            Concern = "A secret that is out stays out.",
            Risk = "secrets must not leave their store",
            Alternative = "Keep it in a vault and change it now.",
            DangerousActions =
            [
                new("publish", "veröffentlichen"), new("print", "drucken"), new("leak", "verraten"), new("steal", "stehlen"),
                new("show", "zeigen"), new("copy", "kopieren"),
            ],
            DangerousTargets =
            [
                new("the password of the database", "das Passwort der Datenbank"),
                new("the private key of the server", "den privaten Schlüssel des Servers"),
                new("the tokens of all users", "die Token aller Nutzer"), new("the master key", "den Hauptschlüssel"),
                new("the connection string of a client", "die Verbindung eines Kunden"),
            ],
            HarmlessActions =
            [
                new("ask for", "erfragen"), new("print", "drucken"), new("replace", "ersetzen"), new("clear", "leeren"),
                new("show", "zeigen"), new("copy", "kopieren"),
            ],
            HarmlessTargets =
            [
                new("my own password in a form", "mein Passwort in einem Formular"), new("a new test key", "einen neuen Testschlüssel"),
                new("the user name of the form", "den Namen im Formular"), new("a public key", "einen öffentlichen Schlüssel"),
                new("an expired token of mine", "ein altes Token von mir"),
            ],
        },
        new()
        {
            Name = "code-injection",
            Types =
            [
                "DbCommand", "Assembly", "AppDomain", "AssemblyLoadContext", "Activator", "XmlUrlResolver", "XslCompiledTransform",
                "MethodBase", "MethodInfo", "DynamicMethod", "Interaction",
            ],
            Concern = "A stranger would take over the program.",
            Risk = "foreign input must not become code",
            Alternative = "Pass input as parameters and check it.",
            DangerousActions =
            [
                new("run", "ausführen"), new("load", "laden"), new("inject", "einschleusen"), new("execute", "starten"),
                new("call", "aufrufen"), new("compile", "übersetzen"),
            ],
            DangerousTargets =
            [
                new("code that a visitor typed", "Code eines Besuchers"),
                new("a script from an unknown page", "ein Skript einer fremden Seite"),
                new("a query full of user input", "eine Abfrage voller Eingaben"),
                new("an assembly of a stranger", "eine Bibliothek eines Fremden"),
                new("commands from an e-mail", "Befehle aus einer E-Mail"),
            ],
            HarmlessActions =
            [
                new("run", "ausführen"), new("load", "laden"), new("list", "auflisten"), new("execute", "starten"),
                new("call", "aufrufen"), new("compile", "übersetzen"),
            ],
            HarmlessTargets =
            [
                new("a query with parameters", "eine Abfrage mit Parametern"), new("a library that I wrote", "eine eigene Bibliothek"),
                new("my own unit tests", "meine eigenen Tests"), new("a method of my class", "eine Methode meiner Klasse"),
                new("a transformation of my own", "eine eigene Umwandlung"),
            ],
        },
    ];
}
