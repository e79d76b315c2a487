using System.Globalization;
using Cria.Models;

namespace Cria.Training;

/// <summary>
/// The checkpoints of one stage: the last two are kept, so that damage to the newest costs the steps between them and no more.
/// </summary>
public sealed class CheckpointFolder
{
    private const int Kept = 2;
    private const string Prefix = "step-";
    private const string Suffix = ".checkpoint";

    private readonly string _folder;
    private readonly SettingsFingerprint _settings;

    /// <summary>The checkpoints in a folder, which need not exist yet.</summary>
    /// <param name="folder">Its path.</param>
    /// <param name="settings">The settings of this training.</param>
    public CheckpointFolder(string folder, SettingsFingerprint settings)
    {
        _folder = folder;
        _settings = settings;
    }

    /// <summary>Writes a checkpoint, then deletes all but the last two.</summary>
    /// <param name="step">The step that the content has reached.</param>
    /// <param name="content">What to save.</param>
    /// <exception cref="IOException">It could not be written; those before it are intact.</exception>
    public void Save(long step, CheckpointContent content)
    {
        ArgumentNullException.ThrowIfNull(content);
        TrainingCheckpoint.Write(PathOf(step), step, content, _settings);
        foreach (long old in Steps().Skip(Kept))
        {
            File.Delete(PathOf(old));
        }
    }

    /// <summary>Restores the newest checkpoint that is not damaged.</summary>
    /// <param name="content">What to restore, as it was given to <see cref="Save"/>.</param>
    /// <param name="notice">Told about each damaged checkpoint that was passed over.</param>
    /// <returns>Its step; null where there are no checkpoints, and the content is as it was.</returns>
    /// <exception cref="TrainingCheckpointException">The checkpoints are of other settings, or all of them are damaged.</exception>
    public long? TryRestore(CheckpointContent content, Action<string>? notice = null)
    {
        ArgumentNullException.ThrowIfNull(content);
        DeleteUnfinished();
        DamagedCheckpointException? damage = null;
        foreach (long step in Steps())
        {
            try
            {
                return Restore(PathOf(step), content);
            }
            catch (DamagedCheckpointException e)
            {
                notice?.Invoke($"{e.Message} The one before it is tried instead.");
                damage = e;
            }
        }

        return damage is null
            ? null
            : throw new TrainingCheckpointException(
                $"No checkpoint in {_folder} is usable; delete the folder to start again. {damage.Message}", damage);
    }

    /// <summary>Deletes the folder with all checkpoints: the training is complete.</summary>
    public void Delete()
    {
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    private long Restore(string path, CheckpointContent content)
    {
        string differences = _settings.DifferencesFrom(TrainingCheckpoint.ReadSettings(path));
        if (differences.Length > 0)
        {
            throw new TrainingCheckpointException(
                $"The checkpoint {path} belongs to a training with other settings: {differences}. "
                + $"Train with its settings, or delete {_folder} to start again.");
        }

        return TrainingCheckpoint.Read(path, content);
    }

    /// <summary>Removes what a killed process left half-written.</summary>
    private void DeleteUnfinished()
    {
        if (Directory.Exists(_folder))
        {
            foreach (string path in Directory.GetFiles(_folder, "*" + AtomicFile.TemporarySuffix))
            {
                File.Delete(path);
            }
        }
    }

    /// <summary>The steps of the checkpoints, newest first.</summary>
    private long[] Steps()
    {
        if (!Directory.Exists(_folder))
        {
            return [];
        }

        return [.. Directory.GetFiles(_folder, Prefix + "*" + Suffix)
            .Select(path => Path.GetFileName(path)[Prefix.Length..^Suffix.Length])
            .Where(name => long.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            .Select(name => long.Parse(name, CultureInfo.InvariantCulture))
            .OrderDescending()];
    }

    private string PathOf(long step) => Path.Combine(_folder, $"{Prefix}{step.ToString("D9", CultureInfo.InvariantCulture)}{Suffix}");
}
